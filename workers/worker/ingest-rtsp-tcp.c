/* RTSP cameras over TCP, plain or TLS: one thread a source, which holds the whole conversation, cuts the packets out of
 * large reads and pushes them through the tracks' chains into the hub by itself. Nothing waits in between: over TCP
 * packets come in order. */
#include "ingest-private.h"
#include "json-read.h"
#include "rtp-track.h"
#include "rtsp-failure.h"
#include "rtsp-session.h"
#include "rtsp-tracks.h"

#define LOSS_LOG_INTERVAL_US (10 * G_USEC_PER_SEC)
#define MAX_CHANNELS 256

/* What comes in on a channel. */
typedef struct
{
  RtpTrack *track; /* NULL: nothing that was asked for */
  gboolean is_control;
} Channel;

typedef struct
{
  Ingest *ingest;
  JsonObject *source;
  GCancellable *cancellable;
  GThread *thread;
  gint wants_keyframe; /* atomic */

  /* The thread's: */
  RtspSession *session;
  GstElement *bin; /* holds the pads that packets come out of */
  RtspTracks tracks;
  RtpClock *clock;
  GPtrArray *receivers; /* RtpTrack, of the tracks */
  GArray *rtp_channels; /* guint, of the tracks */
  Channel channels[MAX_CHANNELS];
  gint64 read_us; /* when the packets at hand arrived; 0: not asked yet */
  gint64 loss_log_at;
  guint64 lost;
} RtspTcp;

static void
on_packet (guint number, const guint8 *bytes, gsize size, gpointer user_data)
{
  RtspTcp *self = user_data;
  const Channel *channel = &self->channels[number];

  if (channel->track == NULL)
    return;
  if (self->read_us == 0)
    self->read_us = g_get_monotonic_time ();
  if (!channel->is_control)
    rtp_track_take (channel->track, bytes, size, self->read_us);
  else if (rtp_track_take_control (channel->track, bytes, size, self->read_us))
    rtsp_session_end (self->session);
}

static void
report (RtspTcp *self, guint index, gint64 now_us)
{
  RtpTrack *track = g_ptr_array_index (self->receivers, index);
  guint8 bytes[RTP_CONTROL_MAX_SIZE];
  gsize size = rtp_track_report (track, bytes, now_us);

  if (size > 0)
    rtsp_session_send_packet (self->session, g_array_index (self->rtp_channels, guint, index) + 1, bytes, size);
}

static void
log_losses (RtspTcp *self, gint64 now_us)
{
  if (self->lost == 0 || now_us < self->loss_log_at)
    return;
  reporter_log (self->ingest->settings.reporter, "warn", "rtsp",
                "the camera left out %" G_GUINT64_FORMAT " packets: it or the network is overloaded", self->lost);
  self->loss_log_at = now_us + LOSS_LOG_INTERVAL_US;
  self->lost = 0;
}

static void
on_received (gpointer user_data)
{
  RtspTcp *self = user_data;
  const IngestSettings *settings = &self->ingest->settings;
  gint64 now_us = self->read_us;

  if (now_us == 0)
    return;
  self->read_us = 0;
  if (g_atomic_int_compare_and_exchange (&self->wants_keyframe, TRUE, FALSE))
    rtp_track_request_keyframe (g_ptr_array_index (self->receivers, rtsp_tracks_reference (&self->tracks)));
  for (guint i = 0; i < self->receivers->len; i++) {
    RtpTrack *track = g_ptr_array_index (self->receivers, i);
    if (rtp_track_has_packets (track))
      hub_note_arrival (settings->hub, settings->life, i);
    rtp_track_push (track);
    self->lost += rtp_track_take_lost (track);
    report (self, i, now_us);
  }
  log_losses (self, now_us);
}

static const RtspSessionFuncs session_funcs = { .packet = on_packet, .received = on_received };

static RtspSession *
session_new (RtspTcp *self)
{
  JsonNode *tls = json_object_get_member (self->source, "tls");
  g_autoptr (JsonObject) security
      = tls != NULL && JSON_NODE_HOLDS_OBJECT (tls) ? json_node_dup_object (tls) : json_object_new ();
  const RtspAccess access = {
    .user = json_read_string (self->source, "user", NULL),
    .password = json_read_string (self->source, "password", NULL),
    .ca_file = json_read_string (security, "caFile", NULL),
    .any_identity = json_read_boolean (security, "insecure", FALSE),
  };

  return rtsp_session_new (json_read_string (self->source, "uri", ""), &access, &session_funcs, self,
                           self->cancellable);
}

static gboolean
add_receiver (RtspTcp *self, guint index)
{
  RtpTrack *track = rtp_track_new (index, g_ptr_array_index (self->tracks.caps, index), self->clock);
  GstPad *pad = rtp_track_pad (track);

  g_ptr_array_add (self->receivers, track);
  rtp_clock_add_track (self->clock, rtp_track_ticks_per_second (track));
  gst_element_add_pad (self->bin, pad);
  if (!ingest_add_track (self->ingest, pad, index, g_ptr_array_index (self->tracks.chains, index)))
    return FALSE;
  rtp_track_begin (track);
  return TRUE;
}

/* FALSE when the ingest has failed already. */
static gboolean
add_receivers (RtspTcp *self)
{
  self->clock = rtp_clock_new (rtsp_tracks_reference (&self->tracks));
  for (guint i = 0; i < self->tracks.tracks->len; i++)
    if (!add_receiver (self, i))
      return FALSE;
  return TRUE;
}

static JsonNode *
set_up_track (RtspTcp *self, guint index, const GstSDPMedia *media)
{
  guint channel = 2 * index;
  JsonNode *failure = rtsp_session_set_up (self->session, media, &channel);

  if (failure != NULL)
    return failure;
  if (channel + 1 >= MAX_CHANNELS)
    return failure_new ("protocolError", "The camera has more media than one connection can carry.");
  RtpTrack *track = g_ptr_array_index (self->receivers, index);
  g_array_index (self->rtp_channels, guint, index) = channel;
  self->channels[channel] = (Channel){ .track = track };
  self->channels[channel + 1] = (Channel){ .track = track, .is_control = TRUE };
  return NULL;
}

/* A camera that refuses its sound still has a picture. */
static gboolean
can_do_without (RtspTcp *self, guint index, JsonNode *failure)
{
  return rtsp_failure_is (failure, "rtspStatus") && index != rtsp_tracks_reference (&self->tracks)
         && g_array_index (self->tracks.tracks, Track, index).media == MEDIA_AUDIO;
}

static void
go_without (RtspTcp *self, JsonNode *failure)
{
  reporter_log (self->ingest->settings.reporter, "warn", "rtsp", "without sound: %s",
                json_object_get_string_member (json_node_get_object (failure), "message"));
  json_node_unref (failure);
}

static JsonNode *
set_up (RtspTcp *self, const GstSDPMessage *sdp)
{
  JsonNode *failure = NULL;

  g_array_set_size (self->rtp_channels, self->tracks.tracks->len);
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp) && failure == NULL; i++) {
    gint index = rtsp_tracks_of_media (&self->tracks, i);
    if (index == RTSP_NOT_TAKEN)
      continue;
    failure = set_up_track (self, (guint)index, gst_sdp_message_get_media (sdp, i));
    if (failure != NULL && can_do_without (self, (guint)index, failure))
      go_without (self, g_steal_pointer (&failure));
  }
  return failure;
}

static JsonNode *
play (RtspTcp *self, const GstSDPMessage *sdp)
{
  JsonNode *failure = rtsp_session_play (self->session);

  if (failure != NULL)
    return failure;
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    gint index = rtsp_tracks_of_media (&self->tracks, i);
    guint32 rtp_time = 0;
    if (index != RTSP_NOT_TAKEN && rtsp_session_rtp_time (self->session, gst_sdp_message_get_media (sdp, i), &rtp_time))
      rtp_clock_set_start (self->clock, (guint)index, rtp_time);
  }
  return rtsp_session_run (self->session);
}

/* The whole life; returns why it ended. NULL: the ingest knows already. */
static JsonNode *
live (RtspTcp *self)
{
  g_autoptr (GstSDPMessage) sdp = NULL;
  JsonNode *failure = rtsp_session_describe (self->session, &sdp);

  if (failure == NULL)
    failure = rtsp_tracks_choose (&self->tracks, sdp, self->ingest->settings.reporter);
  if (failure != NULL)
    return failure;
  ingest_begin_life (self->ingest, (const Track *)self->tracks.tracks->data, self->tracks.tracks->len);
  if (!add_receivers (self))
    return NULL;
  failure = set_up (self, sdp);
  return failure != NULL ? failure : play (self, sdp);
}

static gpointer
run (gpointer user_data)
{
  RtspTcp *self = user_data;

  self->session = session_new (self);
  JsonNode *failure = live (self);
  if (failure != NULL)
    ingest_fail (self->ingest, failure);
  rtsp_session_tear_down (self->session);
  rtsp_session_free (self->session);
  return NULL;
}

/* On the main thread; the packet that comes next takes it along. */
static void
request_keyframe (gpointer user_data)
{
  RtspTcp *self = user_data;

  g_atomic_int_set (&self->wants_keyframe, TRUE);
}

static void
start (Ingest *ingest, JsonObject *source)
{
  RtspTcp *self = g_new0 (RtspTcp, 1);

  ingest->state = self;
  self->ingest = ingest;
  self->source = json_object_ref (source);
  self->cancellable = g_cancellable_new ();
  self->receivers = g_ptr_array_new_with_free_func ((GDestroyNotify)rtp_track_free);
  self->rtp_channels = g_array_new (FALSE, TRUE, sizeof (guint));
  rtsp_tracks_init (&self->tracks);
  ingest_make_pipeline (ingest);
  self->bin = gst_bin_new ("camera");
  gst_bin_add (GST_BIN (ingest->pipeline), self->bin);
  hub_set_keyframe_func (ingest->settings.hub, ingest->settings.life, request_keyframe, self);
  ingest_play (ingest);
  self->thread = g_thread_new ("rtsp", run, self);
}

static void
detach (Ingest *ingest)
{
  RtspTcp *self = ingest->state;

  g_cancellable_cancel (self->cancellable);
}

static void
stop (Ingest *ingest)
{
  RtspTcp *self = ingest->state;

  g_thread_join (self->thread);
  gst_element_set_state (ingest->pipeline, GST_STATE_NULL);
  g_ptr_array_unref (self->receivers);
  g_array_unref (self->rtp_channels);
  g_clear_pointer (&self->clock, rtp_clock_free);
  rtsp_tracks_clear (&self->tracks);
  g_object_unref (self->cancellable);
  json_object_unref (self->source);
  g_free (self);
}

const IngestKind ingest_rtsp_tcp = { .start = start, .detach = detach, .stop = stop };
