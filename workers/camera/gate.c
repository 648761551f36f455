#include "gate.h"

#include <gst/base/gstbasesink.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <math.h>

#define RTCP_SENDER_REPORT 200
#define SENDER_REPORT_TIME_OFFSET 16

/* Of one track of one session. */
typedef struct
{
  Mount *mount;
  gboolean video;
  gboolean leads;
  int jumped_before; /* sum of the jumps when the session began, which it knows nothing of */
  guint32 clock_rate;
  guint16 left_out;   /* packets, modulo the range of sequence numbers */
  GstClockTime frame; /* the one under way, by its time */
  gboolean keyframe;  /* it is one */
  gboolean awaits_keyframe;
  gboolean stands_still;
  guint32 stood_at;
} Gate;

static guint32
shift_of (Gate *self)
{
  gint64 seconds = g_atomic_int_get (&self->mount->faults.jumped_seconds) - self->jumped_before;

  return (guint32)(seconds * self->clock_rate);
}

/* TRUE with the first packet of a frame; only that one tells whether it is a keyframe. */
static gboolean
begins_frame (Gate *self, GstBuffer *buffer)
{
  if (GST_BUFFER_PTS (buffer) == self->frame)
    return FALSE;
  self->frame = GST_BUFFER_PTS (buffer);
  self->keyframe = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return TRUE;
}

static gboolean
lets_through (Gate *self)
{
  Faults *faults = &self->mount->faults;

  if (!self->video)
    return !g_atomic_int_get (&faults->audio_held) && !g_atomic_int_get (&faults->muted);
  if (g_atomic_int_get (&faults->video_held) || g_atomic_int_get (&faults->muted)) {
    self->awaits_keyframe = TRUE;
    return FALSE;
  }
  if (self->awaits_keyframe && !self->keyframe)
    return FALSE;
  self->awaits_keyframe = FALSE;
  return !(self->keyframe && g_atomic_int_get (&faults->keyframes_left_out));
}

/* Bytes up to and including the next one that is hit, where each is with the probability `rate`. */
static double
next_error (double rate)
{
  return rate < 1 ? 1 + floor (log (1 - g_random_double ()) / log (1 - rate)) : 1;
}

static void
damage (GstRTPBuffer *packet, double rate)
{
  guint8 *payload = gst_rtp_buffer_get_payload (packet);
  double length = gst_rtp_buffer_get_payload_len (packet);

  for (double i = next_error (rate) - 1; i < length; i += next_error (rate))
    payload[(gsize)i] ^= 1 << g_random_int_range (0, 8);
}

static guint32
time_of (Gate *self, guint32 time)
{
  gboolean stands_still = g_atomic_int_get (&self->mount->faults.stands_still);

  if (stands_still && !self->stands_still)
    self->stood_at = time;
  self->stands_still = stands_still;
  return (stands_still ? self->stood_at : time) + shift_of (self);
}

/* (transfer full) both ways */
static GstBuffer *
rewrite (Gate *self, GstBuffer *buffer)
{
  int errors = g_atomic_int_get (&self->mount->faults.errors_per_million_bytes);
  GstRTPBuffer packet = GST_RTP_BUFFER_INIT;

  if (self->left_out == 0 && errors == 0 && shift_of (self) == 0
      && !g_atomic_int_get (&self->mount->faults.stands_still))
    return buffer;
  buffer = gst_buffer_make_writable (buffer);
  if (!gst_rtp_buffer_map (buffer, GST_MAP_READWRITE, &packet))
    return buffer;
  gst_rtp_buffer_set_seq (&packet, gst_rtp_buffer_get_seq (&packet) - self->left_out);
  gst_rtp_buffer_set_timestamp (&packet, time_of (self, gst_rtp_buffer_get_timestamp (&packet)));
  if (errors > 0)
    damage (&packet, errors / 1e6);
  gst_rtp_buffer_unmap (&packet);
  return buffer;
}

static gboolean
pass_buffer (GstBuffer **buffer, guint index, gpointer user_data)
{
  Gate *self = user_data;
  gboolean new_frame = begins_frame (self, *buffer);

  if (lets_through (self)) {
    if (new_frame && self->leads)
      g_atomic_int_inc (&self->mount->frames_sent);
    *buffer = rewrite (self, *buffer);
  } else {
    self->left_out++;
    gst_clear_buffer (buffer);
  }
  return TRUE;
}

static void
read_clock_rate (Gate *self, GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  int rate = 0;

  if (caps != NULL && gst_structure_get_int (gst_caps_get_structure (caps, 0), "clock-rate", &rate))
    self->clock_rate = (guint32)rate;
}

static GstPadProbeReturn
pass_media (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Gate *self = user_data;

  if (self->clock_rate == 0)
    read_clock_rate (self, pad);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer *buffer = info->data;

    pass_buffer (&buffer, 0, self);
    info->data = buffer;
  } else {
    GstBufferList *list = gst_buffer_list_make_writable (info->data);

    gst_buffer_list_foreach (list, pass_buffer, self);
    if (gst_buffer_list_length (list) == 0)
      gst_clear_buffer_list (&list);
    info->data = list;
  }
  return info->data != NULL ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
}

/* A sender report maps RTP times to the clock on the wall: it jumps along. */
static GstPadProbeReturn
pass_control (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Gate *self = user_data;
  GstBuffer *buffer = info->data;
  GstMapInfo map;

  if (g_atomic_int_get (&self->mount->faults.muted))
    return GST_PAD_PROBE_DROP;
  if (shift_of (self) == 0)
    return GST_PAD_PROBE_OK;
  info->data = buffer = gst_buffer_make_writable (buffer);
  if (gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    guint8 *time = map.data + SENDER_REPORT_TIME_OFFSET;

    if (map.size >= SENDER_REPORT_TIME_OFFSET + 4 && map.data[1] == RTCP_SENDER_REPORT)
      GST_WRITE_UINT32_BE (time, GST_READ_UINT32_BE (time) + shift_of (self));
    gst_buffer_unmap (buffer, &map);
  }
  return GST_PAD_PROBE_OK;
}

static void
install_on (GstElement *session, guint index, Gate *gate)
{
  g_autofree char *media_name = g_strdup_printf ("send_rtp_src_%u", index);
  g_autofree char *control_name = g_strdup_printf ("send_rtcp_src_%u", index);
  g_autoptr (GstPad) media = gst_element_get_static_pad (session, media_name);
  g_autoptr (GstPad) control = gst_element_get_static_pad (session, control_name);

  if (media != NULL)
    gst_pad_add_probe (media, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, pass_media, gate, NULL);
  if (control != NULL)
    gst_pad_add_probe (control, GST_PAD_PROBE_TYPE_BUFFER, pass_control, gate, NULL);
}

/* The bin that holds the RTP sessions of all tracks. (transfer full), or NULL. */
static GstElement *
find_sessions (GstBin *pipeline)
{
  g_autoptr (GstIterator) elements = gst_bin_iterate_all_by_element_factory_name (pipeline, "rtpbin");
  g_auto (GValue) found = G_VALUE_INIT;

  return gst_iterator_next (elements, &found) == GST_ITERATOR_OK ? g_value_dup_object (&found) : NULL;
}

/* The RTSP server's sink for TCP waits for a first packet of every track before the first goes out. Where one track is
 * held back, that would hold the others. */
static void
unhinge_sink (GstBin *pipeline, GstBin *parent, GstElement *element, Mount *mount)
{
  gboolean held = g_atomic_int_get (&mount->faults.video_held) || g_atomic_int_get (&mount->faults.audio_held);

  if (held && GST_IS_BASE_SINK (element))
    gst_base_sink_set_async_enabled (GST_BASE_SINK (element), FALSE);
}

void
gate_install (GstRTSPMedia *media, Mount *mount)
{
  g_autoptr (GstElement) element = gst_rtsp_media_get_element (media);
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (element));
  g_autoptr (GstElement) sessions = find_sessions (GST_BIN (pipeline));
  Feed *feed = mount_feed (mount);
  Gate *gates = g_new0 (Gate, FEED_MAX_TRACKS);

  g_signal_connect (pipeline, "deep-element-added", G_CALLBACK (unhinge_sink), mount);
  g_object_set_data_full (G_OBJECT (media), "gates", gates, g_free);
  for (guint i = 0; sessions != NULL && i < feed_n_tracks (feed); i++) {
    gates[i] = (Gate){ .mount = mount,
                       .video = feed_codec (feed, i)->video,
                       .leads = i == 0,
                       .jumped_before = g_atomic_int_get (&mount->faults.jumped_seconds),
                       .frame = GST_CLOCK_TIME_NONE };
    install_on (sessions, i, &gates[i]);
  }
}
