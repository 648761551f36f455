#include "viewer-member.h"
#include "gatekeeper.h"

/* A client may call itself anything; of what it says so much is passed on, as valid text. */
#define LONGEST_AGENT 120

static char *
short_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)strnlen (text, LONGEST_AGENT));

  return g_strdup (valid);
}

ViewerMember *
viewer_member_new (guint number, Viewer *viewer, GstRTSPClient *client)
{
  ViewerMember *self = g_new0 (ViewerMember, 1);

  self->number = number;
  self->viewer = viewer_ref (viewer);
  viewer_get_counts (viewer, &self->before);
  self->address = g_strdup (gst_rtsp_connection_get_ip (gst_rtsp_client_get_connection (client)));
  self->transport = g_strdup ("");
  self->agent = g_strdup ("");
  self->login = gatekeeper_login_of (client);
  g_weak_ref_init (&self->client, client);
  g_weak_ref_init (&self->session, NULL);
  return self;
}

void
viewer_member_free (gpointer member)
{
  ViewerMember *self = member;

  g_weak_ref_clear (&self->client);
  g_weak_ref_clear (&self->session);
  viewer_unref (self->viewer);
  g_free (self->address);
  g_free (self->transport);
  g_free (self->agent);
  g_clear_pointer (&self->login, login_unref);
  g_free (self);
}

static void
replace (char **place, char *text)
{
  g_free (*place);
  *place = text;
}

void
viewer_member_join (ViewerMember *self, GstRTSPSession *session, const ViewerIdentity *identity)
{
  self->joined = TRUE;
  self->joined_us = g_get_real_time ();
  g_weak_ref_set (&self->session, session);
  replace (&self->transport, g_strdup (identity->transport));
  replace (&self->agent, short_text (identity->agent));
}

static const char *
state_of (const ViewerMember *self, const ViewerCounts *counts)
{
  if (self->ending)
    return "ending";
  if (!self->joined)
    return "joining";
  if (!counts->playing)
    return "paused";
  if (counts->rung != LADDER_ALL)
    return ladder_rung_name (counts->rung);
  return counts->substream ? "substream" : "playing";
}

void
viewer_member_get_counts (const ViewerMember *self, ViewerCounts *counts)
{
  viewer_get_counts (self->viewer, counts);
  counts->frames_sent -= self->before.frames_sent;
  counts->frames_dropped -= self->before.frames_dropped;
  counts->bytes_sent -= self->before.bytes_sent;
}

ViewerSummary
viewer_member_summary (const ViewerMember *self)
{
  ViewerCounts counts;

  viewer_member_get_counts (self, &counts);
  return (ViewerSummary){
    .number = self->number,
    .address = self->address,
    .user = self->login != NULL ? self->login->user : "",
    .transport = self->transport,
    .agent = self->agent,
    .state = state_of (self, &counts),
    .since_ms = self->joined_us / 1000,
    .frames_sent = counts.frames_sent,
    .frames_dropped = counts.frames_dropped,
    .bytes_sent = counts.bytes_sent,
    .waiting_bytes = counts.waiting_bytes,
    .loss = counts.loss,
    .seconds = self->joined ? (double)(g_get_real_time () - self->joined_us) / G_USEC_PER_SEC : 0,
  };
}
