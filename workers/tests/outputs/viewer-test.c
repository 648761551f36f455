/* What a viewer and the server say to each other besides pictures, when it joins, pauses and leaves. */
#include "rtp-bytes.h"
#include "serving.h"

#include <stdlib.h>
#include <string.h>

#define SENDER_REPORT 200
#define NTP_TO_UNIX_S 2208988800u

static void
begin (Serving *self)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
}

/* ---- keyframes ---- */

static void
count_call (gpointer user_data)
{
  (*(guint *)user_data)++;
}

static gboolean
is_called (gpointer calls)
{
  return *(guint *)calls > 0;
}

static void
ask_for_keyframe (Client *client, gboolean full)
{
  const guint8 *packet = client_packet (client, 0, 0);
  guint8 control[8 + 20] = { 0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 206, 0, 2, 0, 0, 0, 9 };
  guint size = 20;

  memcpy (control + 16, packet + 8, 4);
  if (full) {
    control[8] = 0x84;
    control[11] = 4;
    memset (control + 16, 0, 4);
    memcpy (control + 20, packet + 8, 4);
    control[24] = 1;
    size = 28;
  }
  client_send_control (client, control, size);
}

static void
test_a_viewer_asks_for_a_keyframe (Serving *self, gconstpointer data)
{
  for (guint full = 0; full < 2; full++) {
    Client *client = client_new (self->directory);
    guint calls = 0;

    begin (self);
    hub_set_keyframe_func (self->hub, 1, count_call, &calls);
    client_play (client, "/cam");
    client_await_frames (client, 5);
    ask_for_keyframe (client, full == 1);
    reports_run_until (is_called, &calls);
    g_assert_cmpuint (calls, ==, 1);
    hub_set_keyframe_func (self->hub, 1, NULL, NULL);
    client_free (client);
  }
}

static void
test_the_description_tells_of_keyframe_requests (Serving *self, gconstpointer data)
{
  begin (self);
  Client *client = client_new (self->directory);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");

  g_assert_nonnull (strstr (sdp, "a=rtcp-fb:96 nack pli\r\n"));
  g_assert_nonnull (strstr (sdp, "a=rtcp-fb:96 ccm fir\r\n"));
  client_free (client);
}

/* ---- time ---- */

static gboolean
has_packet_and_report (gpointer client)
{
  client_read (client);
  return client_packet (client, 0, 0) != NULL && client_packet (client, 1, SENDER_REPORT) != NULL;
}

static void
note_first_time (const HubFrame *frame, gpointer user_data)
{
  GstClockTime *time = user_data;

  if (frame->media == MEDIA_VIDEO && *time == GST_CLOCK_TIME_NONE)
    *time = GST_BUFFER_PTS (frame->buffer);
}

/* The wall clock at a time of the hub, in microseconds since 1970. */
static gint64
wall_clock_at (Hub *hub, GstClockTime time)
{
  return g_get_real_time () - ((gint64)hub_now (hub) - (gint64)time) / 1000;
}

static gint64
ntp_us (const guint8 *time)
{
  gint64 seconds = (gint64)rtp_read_32 (time) - NTP_TO_UNIX_S;

  return seconds * G_USEC_PER_SEC + (gint64)((guint64)rtp_read_32 (time + 4) * G_USEC_PER_SEC >> 32);
}

/* Of the picture that the viewer begins with: the reports tell when it was taken. */
static void
test_reports_tell_the_time_of_the_picture (Serving *self, gconstpointer data)
{
  static const HubSinkFuncs funcs = { .frame = note_first_time };
  GstClockTime first = GST_CLOCK_TIME_NONE;

  /* More would be ahead of the time. */
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 1, TRUE);
  guint sink = hub_attach (self->hub, &funcs, &first, HUB_REPLAY_GOP, NULL);
  hub_detach (self->hub, sink);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  reports_run_until (has_packet_and_report, client);

  const guint8 *report = client_packet (client, 1, SENDER_REPORT);
  const guint8 *packet = client_packet (client, 0, 0);
  gint64 ticks = (gint32)(rtp_read_32 (report + 16) - rtp_read_32 (packet + 4));
  gint64 taken_us = ntp_us (report + 8) - ticks * 100 / 9;
  gint64 wrong_us = taken_us - wall_clock_at (self->hub, first);
  g_assert_cmpint (ABS (wrong_us), <, 20 * 1000);
  client_free (client);
}

/* RTP-Info is what players take the beginning of each stream from. */
static void
test_the_answer_to_play_names_the_first_packet (Serving *self, gconstpointer data)
{
  begin (self);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  const guint8 *packet = client_packet (client, 0, 0);
  g_autofree char *info
      = g_strdup_printf ("/cam/stream=0;seq=%u;rtptime=%u\r\n", packet[2] << 8 | packet[3], rtp_read_32 (packet + 4));
  g_assert_nonnull (strstr (client->playing, info));
  client_free (client);
}

/* ---- the session ---- */

static void
test_a_paused_viewer_goes_on_with_the_newest_gop (Serving *self, gconstpointer data)
{
  begin (self);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  g_autofree char *paused = client_ask (client, "PAUSE", "/cam", client->session);
  g_assert_nonnull (strstr (paused, " 200 "));
  clip_push (self->clip, self->hub, 1, 15, 33, TRUE);
  g_autofree char *alive = client_ask (client, "GET_PARAMETER", "/cam", client->session);
  g_assert_nonnull (strstr (alive, " 200 "));
  g_assert_cmpuint (client_count_frames (client), ==, 5);

  g_autofree char *playing = client_ask (client, "PLAY", "/cam", client->session);
  g_assert_nonnull (strstr (playing, " 200 "));
  client_await_frames (client, 5 + 3);
  client_assert_frame (client, 5, g_ptr_array_index (self->clip->video, 30));
  client_free (client);
}

static void
test_a_viewer_that_tears_down_has_left (Serving *self, gconstpointer data)
{
  begin (self);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  g_autofree char *ended = client_ask (client, "TEARDOWN", "/cam", client->session);
  g_assert_nonnull (strstr (ended, " 200 "));
  g_autoptr (JsonNode) left = reports_await (self->reports, "viewerLeft");
  g_assert_cmpint (report_int (left, "framesSent"), ==, 5);
  /* The connection is good for another session. */
  client->received->len = 0;
  client_play (client, "/cam");
  client_await_frames (client, 5);
  client_free (client);
}

typedef struct
{
  Serving *serving;
  guint next;
} Ticking;

static gboolean
push_next (gpointer user_data)
{
  Ticking *ticking = user_data;

  clip_push (ticking->serving->clip, ticking->serving->hub, 1, ticking->next, ticking->next + 1, TRUE);
  ticking->next++;
  return G_SOURCE_CONTINUE;
}

/* Each gets every picture once, from a keyframe on. The source goes on meanwhile: one that is silent for a second is
 * away. */
static void
test_ten_join_at_once (Serving *self, gconstpointer data)
{
  Ticking ticking = { .serving = self, .next = 15 };
  Client *clients[10];

  begin (self);
  guint source = g_timeout_add (40, push_next, &ticking);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    clients[i] = client_new (self->directory);
    client_send (clients[i], "DESCRIBE", "/cam", "");
  }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    reports_run_until (client_has_answer, clients[i]);
    clients[i]->received->len = 0;
    client_play (clients[i], "/cam");
  }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    client_await_frames (clients[i], 15);
    for (guint n = 1; n < 15; n++)
      g_assert_cmpint (client_frame_time (clients[i], n) - client_frame_time (clients[i], n - 1), ==, 3600);
    client_free (clients[i]);
  }
  g_source_remove (source);
}

/* Over UDP, to ports at which nobody listens. */
static Client *
new_udp_client (Serving *self)
{
  Client *client = client_new (self->directory);

  client->transport = "RTP/AVP;unicast;client_port=9-10";
  client_play (client, "/cam");
  return client;
}

/* Many leave in the moment in which they begin to play, and none takes the stream with it. */
static void
test_leaving_at_once_holds_nobody_up (Serving *self, gconstpointer data)
{
  begin (self);
  Client *reader = client_new (self->directory);
  client_play (reader, "/cam");
  for (guint i = 0; i < 30; i++) {
    client_free (new_udp_client (self));
    client_free (new_udp_client (self));
    clip_push (self->clip, self->hub, 1, 15 + i, 16 + i, TRUE);
    client_await_frames (reader, 6 + i);
  }
  client_free (reader);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/viewer/" path, Serving, NULL, serving_set_up, function, serving_tear_down)
  ADD ("asks-for-a-keyframe", test_a_viewer_asks_for_a_keyframe);
  ADD ("the-description-tells-of-keyframe-requests", test_the_description_tells_of_keyframe_requests);
  ADD ("reports-tell-the-time-of-the-picture", test_reports_tell_the_time_of_the_picture);
  ADD ("the-answer-to-play-names-the-first-packet", test_the_answer_to_play_names_the_first_packet);
  ADD ("goes-on-with-the-newest-gop-after-a-pause", test_a_paused_viewer_goes_on_with_the_newest_gop);
  ADD ("has-left-after-teardown", test_a_viewer_that_tears_down_has_left);
  ADD ("ten-join-at-once", test_ten_join_at_once);
  ADD ("leaves-at-once-and-holds-nobody-up", test_leaving_at_once_holds_nobody_up);
#undef ADD
  return g_test_run ();
}
