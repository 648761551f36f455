#include "viewer-feedback.h"

#include <gst/rtp/rtp.h>

/* Who floods the worker with requests for keyframes does not reach the main loop with them; the hub is asked no more
 * often, whoever asks. */
#define KEYFRAME_INTERVAL_US G_USEC_PER_SEC

/* The first of a session comes after half of it, more or less. */
#define FIRST_RTCP_INTERVAL (500 * GST_MSECOND)
#define RTCP_INTERVAL (5 * GST_SECOND)

/* How many of a source's packets there were by its last report. */
typedef struct
{
  guint64 highest; /* extended sequence number */
  gint64 lost;
} Reported;

typedef struct
{
  Viewer *viewer;
  gint clock_rate;
  gint64 asked_us; /* for a keyframe; 0: never */
  gboolean has_reported;
  Reported reported;
} Feedback;

static void
feedback_free (gpointer data, GClosure *closure)
{
  Feedback *feedback = data;

  viewer_unref (feedback->viewer);
  g_free (feedback);
}

/* FALSE when it reports on nothing that was sent to it. */
static gboolean
read_report (GObject *source, Reported *reported, guint *jitter)
{
  g_autoptr (GstStructure) stats = NULL;
  gboolean has_report = FALSE;
  guint highest = 0;
  gint lost = 0;

  g_object_get (source, "stats", &stats, NULL);
  if (!gst_structure_get (stats, "have-rb", G_TYPE_BOOLEAN, &has_report, "rb-exthighestseq", G_TYPE_UINT, &highest,
                          "rb-packetslost", G_TYPE_INT, &lost, "rb-jitter", G_TYPE_UINT, jitter, NULL)
      || !has_report)
    return FALSE;
  *reported = (Reported){ .highest = highest, .lost = lost };
  return TRUE;
}

static void
on_report (GObject *session, GObject *source, gpointer user_data)
{
  Feedback *self = user_data;
  Reported reported;
  guint jitter = 0;

  if (!read_report (source, &reported, &jitter))
    return;
  const LadderReport report = {
    .now_us = g_get_monotonic_time (),
    .expected = reported.highest - MIN (self->reported.highest, reported.highest),
    .lost = reported.lost - self->reported.lost,
    .jitter_us = (gint64)gst_util_uint64_scale (jitter, G_USEC_PER_SEC, (guint64)self->clock_rate),
  };
  if (self->has_reported)
    viewer_take_report (self->viewer, &report);
  self->has_reported = TRUE;
  self->reported = reported;
}

static gboolean
request_keyframe (gpointer viewer)
{
  viewer_request_keyframe (viewer);
  return G_SOURCE_REMOVE;
}

/* RFC 4585 and RFC 5104. */
static void
on_feedback (GObject *session, guint type, guint feedback, guint sender, guint media, GstBuffer *fci,
             gpointer user_data)
{
  Feedback *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  if (type != GST_RTCP_TYPE_PSFB || (feedback != GST_RTCP_PSFB_TYPE_PLI && feedback != GST_RTCP_PSFB_TYPE_FIR))
    return;
  if (self->asked_us != 0 && now_us - self->asked_us < KEYFRAME_INTERVAL_US)
    return;
  self->asked_us = now_us;
  g_idle_add_full (G_PRIORITY_DEFAULT, request_keyframe, viewer_ref (self->viewer), (GDestroyNotify)viewer_unref);
}

/* The intervals that RFC 3550 (6.2) has from then on. */
static gboolean
on_first_report_sent (GObject *session, GstBuffer *packets, gboolean early, gpointer user_data)
{
  g_signal_handlers_disconnect_by_func (session, on_first_report_sent, user_data);
  g_object_set (session, "rtcp-min-interval", RTCP_INTERVAL, NULL);
  return FALSE;
}

static gint
clock_rate_of (GstRTSPStream *stream)
{
  g_autoptr (GstCaps) caps = gst_rtsp_stream_get_caps (stream);
  gint rate = 0;

  if (caps == NULL || !gst_structure_get_int (gst_caps_get_structure (caps, 0), "clock-rate", &rate))
    return 90000;
  return MAX (rate, 1);
}

static void
watch_stream (Viewer *viewer, GstRTSPStream *stream)
{
  g_autoptr (GObject) session = gst_rtsp_stream_get_rtpsession (stream);
  Feedback *self = g_new0 (Feedback, 1);

  self->viewer = viewer_ref (viewer);
  self->clock_rate = clock_rate_of (stream);
  g_object_set (session, "rtcp-min-interval", FIRST_RTCP_INTERVAL, NULL);
  g_signal_connect (session, "on-sending-rtcp", G_CALLBACK (on_first_report_sent), NULL);
  /* The closure of the last owns it; they end together. */
  g_signal_connect (session, "on-feedback-rtcp", G_CALLBACK (on_feedback), self);
  g_signal_connect_data (session, "on-ssrc-active", G_CALLBACK (on_report), self, feedback_free, 0);
}

void
viewer_feedback_watch (Viewer *viewer, GstRTSPMedia *media)
{
  for (guint i = 0; i < gst_rtsp_media_n_streams (media); i++)
    watch_stream (viewer, gst_rtsp_media_get_stream (media, i));
}

void
viewer_feedback_tell_group (GstRTSPMedia *media)
{
  for (guint i = 0; i < gst_rtsp_media_n_streams (media); i++) {
    g_autoptr (GObject) session = gst_rtsp_stream_get_rtpsession (gst_rtsp_media_get_stream (media, i));

    g_object_set (session, "rtcp-min-interval", FIRST_RTCP_INTERVAL, NULL);
  }
}
