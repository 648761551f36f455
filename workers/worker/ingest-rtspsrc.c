/* RTSP cameras over UDP, through rtspsrc. The session description says which tracks there are, before any frame; a
 * silent track holds up no other. */
#include "ingest-private.h"
#include "json-read.h"
#include "rtsp-tracks.h"

#include <gst/rtsp/gstrtsptransport.h>
#include <stdio.h>
#include <string.h>

/* rtspsrc's own deadline for opening; the supervisor's first-frame deadline comes on top. Microseconds. */
#define CONNECT_TIMEOUT_US (5 * G_USEC_PER_SEC)
/* GstRTSPSrcBufferMode "none"; its header is not installed. */
#define BUFFER_MODE_NONE 0

typedef struct
{
  GstElement *rtspsrc;
  GMutex lock;
  RtspTracks tracks;
  GstPad *video_pad;
} RtspState;

static GstRTSPLowerTrans
lower_transports (const char *transport)
{
  if (strcmp (transport, "auto") == 0)
    return GST_RTSP_LOWER_TRANS_UDP | GST_RTSP_LOWER_TRANS_TCP;
  return GST_RTSP_LOWER_TRANS_UDP;
}

static void
on_sdp (GstElement *rtspsrc, GstSDPMessage *sdp, gpointer user_data)
{
  Ingest *ingest = user_data;
  RtspState *state = ingest->state;

  g_mutex_lock (&state->lock);
  JsonNode *failure = rtsp_tracks_choose (&state->tracks, sdp, ingest->settings.reporter);
  if (failure == NULL)
    ingest_begin_life (ingest, (Track *)state->tracks.tracks->data, state->tracks.tracks->len);
  g_mutex_unlock (&state->lock);
  if (failure != NULL)
    ingest_fail (ingest, failure);
}

static gint
track_of_media (RtspState *state, guint media)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&state->lock);

  return rtsp_tracks_of_media (&state->tracks, media);
}

static gboolean
on_select_stream (GstElement *rtspsrc, guint media, GstCaps *caps, gpointer user_data)
{
  Ingest *ingest = user_data;

  return track_of_media (ingest->state, media) != RTSP_NOT_TAKEN;
}

static void
on_pad_added (GstElement *rtspsrc, GstPad *pad, gpointer user_data)
{
  Ingest *ingest = user_data;
  RtspState *state = ingest->state;
  guint media = 0;

  /* recv_rtp_src_<medium>_<ssrc>_<payload type> with a session manager, stream_<medium> without. */
  if (sscanf (GST_PAD_NAME (pad), "recv_rtp_src_%u_", &media) != 1
      && sscanf (GST_PAD_NAME (pad), "stream_%u", &media) != 1)
    return;
  gint index = track_of_media (state, media);
  if (index == RTSP_NOT_TAKEN)
    return;
  Track *track = &g_array_index (state->tracks.tracks, Track, index);
  if (ingest_add_track (ingest, pad, (guint)index, g_ptr_array_index (state->tracks.chains, index))
      && track->media == MEDIA_VIDEO) {
    g_mutex_lock (&state->lock);
    gst_object_replace ((GstObject **)&state->video_pad, GST_OBJECT (pad));
    g_mutex_unlock (&state->lock);
  }
}

/* rtpbin turns the event into RTCP PLI or FIR, for cameras that know them. */
static void
request_keyframe (gpointer user_data)
{
  RtspState *state = user_data;

  g_mutex_lock (&state->lock);
  g_autoptr (GstPad) pad = state->video_pad != NULL ? gst_object_ref (state->video_pad) : NULL;
  g_mutex_unlock (&state->lock);
  if (pad != NULL)
    gst_pad_send_event (
        pad, gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
                                   gst_structure_new ("GstForceKeyUnit", "all-headers", G_TYPE_BOOLEAN, TRUE, NULL)));
}

static void
start (Ingest *ingest, JsonObject *source)
{
  RtspState *state = g_new0 (RtspState, 1);
  GstRTSPLowerTrans transports = lower_transports (json_read_string (source, "transport", "udp"));
  guint latency = (guint)json_read_int (source, "latencyMs", 200);

  ingest->state = state;
  g_mutex_init (&state->lock);
  rtsp_tracks_init (&state->tracks);

  ingest_make_pipeline (ingest);
  state->rtspsrc = gst_element_factory_make ("rtspsrc", "source");
  if (state->rtspsrc == NULL) {
    ingest_fail (ingest, failure_new ("internal", "GStreamer's rtspsrc is not installed."));
    return;
  }
  g_object_set (state->rtspsrc, "location", json_read_string (source, "uri", ""), "user-id",
                json_read_string (source, "user", NULL), "user-pw", json_read_string (source, "password", NULL),
                "protocols", transports, "tcp-timeout", (guint64)CONNECT_TIMEOUT_US, "user-agent",
                "dslrs/" DSLRS_VERSION,
                /* The camera's own times, to the tick: following arrival instead would put the network's jitter into
                   the recordings. */
                "buffer-mode", BUFFER_MODE_NONE, "latency", latency, NULL);
  g_signal_connect (state->rtspsrc, "on-sdp", G_CALLBACK (on_sdp), ingest);
  g_signal_connect (state->rtspsrc, "select-stream", G_CALLBACK (on_select_stream), ingest);
  g_signal_connect (state->rtspsrc, "pad-added", G_CALLBACK (on_pad_added), ingest);
  gst_bin_add (GST_BIN (ingest->pipeline), state->rtspsrc);
  hub_set_keyframe_func (ingest->settings.hub, ingest->settings.life, request_keyframe, state);
  ingest_play (ingest);
}

static void
stop (Ingest *ingest)
{
  RtspState *state = ingest->state;

  if (ingest->pipeline != NULL)
    gst_element_set_state (ingest->pipeline, GST_STATE_NULL);
  gst_clear_object (&state->video_pad);
  rtsp_tracks_clear (&state->tracks);
  g_mutex_clear (&state->lock);
  g_free (state);
}

const IngestKind ingest_rtspsrc = { .start = start, .stop = stop };
