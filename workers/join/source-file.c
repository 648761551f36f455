#include "source-file.h"
#include "clip-writer.h"
#include "frame-check.h"

#include <string.h>
#include <unistd.h>

typedef struct
{
  const SourceFuncs *funcs;
  gpointer user_data;
  GstElement *pipeline;
  TrackFormat *formats[CLIP_TRACKS];
  GstPad *pads[CLIP_TRACKS]; /* borrowed: the first of each medium counts */
  guint others;              /* tracks that do not count */
  gboolean is_matroska;
  gboolean opened;
  gint is_over; /* atomic */
} Source;

static void
post (Source *self, const char *name)
{
  if (g_atomic_int_compare_and_exchange (&self->is_over, FALSE, TRUE))
    gst_element_post_message (
        self->pipeline, gst_message_new_application (GST_OBJECT (self->pipeline), gst_structure_new_empty (name)));
}

/* MP4's edit lists speak through the segment. Matroska has none, and matroskademux's segment may be replaced when
 * another track turns out to start earlier: there the buffers' own times are the truth. */
static gboolean
file_time (Source *self, GstPad *pad, GstClockTime time, gint64 *found)
{
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;
  guint64 value = 0;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return FALSE;
  *found = (gint64)time;
  if (self->is_matroska || event == NULL)
    return TRUE;
  gst_event_parse_segment (event, &segment);
  gint sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, time, &value);
  *found = sign * (gint64)value;
  return sign != 0;
}

static void
tell_opened (Source *self)
{
  if (!self->opened)
    self->funcs->opened (self->formats, self->others, self->user_data);
  self->opened = TRUE;
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Source *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  SourceFrame frame = {
    .media = pad == self->pads[MEDIA_VIDEO] ? MEDIA_VIDEO : MEDIA_AUDIO,
    .buffer = buffer,
    .caps = caps,
    .keyframe = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT),
  };

  if (g_atomic_int_get (&self->is_over) || !file_time (self, pad, GST_BUFFER_PTS (buffer), &frame.pts))
    return GST_PAD_PROBE_DROP;
  tell_opened (self);
  if (frame.media == MEDIA_VIDEO && frame_check (buffer, caps) == FRAME_DAMAGED)
    post (self, "damaged");
  else if (!self->funcs->frame (&frame, self->user_data))
    post (self, "enough");
  return GST_PAD_PROBE_DROP;
}

static void
on_pad_added (GstElement *demux, GstPad *pad, gpointer user_data)
{
  Source *self = user_data;
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) target = gst_element_get_static_pad (sink, "sink");
  TrackFormat *format = track_format_new (caps);

  if (format != NULL && self->pads[format->media] == NULL) {
    self->pads[format->media] = pad;
    self->formats[format->media] = g_steal_pointer (&format);
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, self, NULL);
  } else {
    self->others++;
  }
  g_clear_pointer (&format, track_format_free);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  /* The pipeline may be on its way to PLAYING on another thread: left to it, a sink added now may stay in PAUSED. */
  gst_element_set_locked_state (sink, TRUE);
  gst_element_set_state (sink, GST_STATE_PLAYING);
  gst_pad_link (pad, target);
}

static gboolean
begins_matroska (int fd)
{
  static const guint8 ebml[] = { 0x1a, 0x45, 0xdf, 0xa3 };
  guint8 head[sizeof ebml] = { 0 };

  return pread (fd, head, sizeof head, 0) == (gssize)sizeof head && memcmp (head, ebml, sizeof ebml) == 0;
}

static void
build (Source *self, int fd)
{
  g_autofree char *location = g_strdup_printf ("/proc/self/fd/%d", fd);
  GstElement *source = gst_element_factory_make ("filesrc", NULL);

  self->is_matroska = begins_matroska (fd);
  GstElement *demux = gst_element_factory_make (self->is_matroska ? "matroskademux" : "qtdemux", NULL);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("source"));
  g_object_set (source, "location", location, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), source, demux, NULL);
  gst_element_link (source, demux);
  g_signal_connect (demux, "pad-added", G_CALLBACK (on_pad_added), self);
}

static SourceEnd
judge (GstMessage *message)
{
  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_EOS:
    return SOURCE_ENDED;
  case GST_MESSAGE_APPLICATION:
    return gst_message_has_name (message, "enough") ? SOURCE_ENOUGH : SOURCE_DAMAGED;
  default:
    return SOURCE_DAMAGED;
  }
}

static SourceEnd
run (Source *self)
{
  const GstMessageType types = GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_APPLICATION;
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, types);
  g_atomic_int_set (&self->is_over, TRUE);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  return judge (message);
}

static void
stop_sinks (Source *self)
{
  GList *children = GST_BIN_CHILDREN (self->pipeline);

  for (GList *child = children; child != NULL; child = child->next)
    gst_element_set_state (child->data, GST_STATE_NULL);
}

SourceEnd
source_file_read (int fd, const SourceFuncs *funcs, gpointer user_data)
{
  Source self = { .funcs = funcs, .user_data = user_data };

  build (&self, fd);
  SourceEnd end = run (&self);
  stop_sinks (&self);
  gst_object_unref (self.pipeline);
  for (guint i = 0; i < CLIP_TRACKS; i++)
    g_clear_pointer (&self.formats[i], track_format_free);
  return end;
}
