/* What comes out of a track of a file: frames at the file's time, the damaged ones left out. */
#include "encoding.h"
#include "file-reader-private.h"
#include "ingest-private.h"
#include "launch.h"

#include <gst/app/app.h>

void
reader_track_free (gpointer data)
{
  ReaderTrack *track = data;

  gst_object_unref (track->pad);
  g_free (track);
}

/* Time in the file. MP4's edit lists speak through the segment. Matroska has none, and matroskademux begins with a
 * segment of the first track's start, to replace it when another track turns out to start earlier: there the buffers'
 * own times are the truth. */
static gint64
file_time (FileReader *self, const GstSegment *segment, GstClockTime time)
{
  guint64 value = 0;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return HUB_NO_TIME;
  if (self->is_matroska)
    return (gint64)time;
  gint sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, time, &value);
  return sign == 0 ? HUB_NO_TIME : sign * (gint64)value;
}

static GstFlowReturn
on_sample (GstAppSink *appsink, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);

  if (sample == NULL || gst_sample_get_caps (sample) == NULL)
    return GST_FLOW_OK;
  FileFrame *frame = g_new0 (FileFrame, 1);
  frame->buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
  frame->caps = gst_caps_ref (gst_sample_get_caps (sample));
  frame->pts = file_time (self, gst_sample_get_segment (sample), GST_BUFFER_PTS (frame->buffer));
  frame->dts = file_time (self, gst_sample_get_segment (sample), GST_BUFFER_DTS (frame->buffer));
  self->newest = MAX (self->newest, frame->pts);
  self->newest_byte = self->byte;
  if (frame_store_push (self->store, track->index, frame))
    self->changed (self->user_data);
  return GST_FLOW_OK;
}

static void
on_eos (GstAppSink *appsink, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;

  frame_store_end_track (self->store, track->index);
  self->changed (self->user_data);
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  switch (file_guard_judge (&self->guard, track->index, GST_PAD_PROBE_INFO_BUFFER (info), caps, self->byte)) {
  case GUARD_KEEP:
    return GST_PAD_PROBE_OK;
  case GUARD_LEAVE_OUT:
    return GST_PAD_PROBE_DROP;
  case GUARD_BEGIN_STRETCH:
    frame_store_begin_stretch (self->store);
    return GST_PAD_PROBE_OK;
  case GUARD_REWRITTEN:
    frame_store_end (self->store);
    self->changed (self->user_data);
    return GST_PAD_PROBE_DROP;
  }
  g_return_val_if_reached (GST_PAD_PROBE_OK);
}

/* With this event everything begins anew after a seek. */
static GstPadProbeReturn
on_flush (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_FLUSH_STOP)
    return GST_PAD_PROBE_OK;
  file_guard_begin_anew (&self->guard, track->index);
  self->newest = HUB_NO_TIME;
  frame_store_begin_anew (self->store, track->index);
  return GST_PAD_PROBE_OK;
}

/* (transfer none) */
static ReaderTrack *
add_track (FileReader *self, GstPad *pad, GstElement *chain, const Encoding *encoding)
{
  Track track = { .media = encoding->media, .encoding = encoding->name };
  ReaderTrack *own = g_new0 (ReaderTrack, 1);

  own->reader = self;
  own->chain = chain;
  own->pad = gst_object_ref (pad);
  own->index = self->per_track->len;
  g_ptr_array_add (self->per_track, own);
  frame_store_add_track (self->store);
  file_guard_add_track (&self->guard, encoding->media == MEDIA_VIDEO);
  g_array_append_val (self->tracks, track);
  return own;
}

/* Out of the bin that `pad` is in. gst_pad_link_maybe_ghosting() would take the state lock, which a thread that ends
 * the reader holds while it waits for this one. */
static gboolean
link_across (GstPad *pad, GstPad *target)
{
  g_autoptr (GstElement) demux = gst_pad_get_parent_element (pad);
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (demux));
  GstPad *ghost = gst_ghost_pad_new (NULL, pad);

  gst_pad_set_active (ghost, TRUE);
  return gst_element_add_pad (GST_ELEMENT (bin), ghost) && gst_pad_link (ghost, target) == GST_PAD_LINK_OK;
}

void
reader_track_add (GstElement *demux, GstPad *pad, gpointer user_data)
{
  FileReader *self = user_data;
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  Encoding encoding = { 0 };

  if (!encoding_from_caps (caps, &encoding) || encoding.name == NULL)
    return;
  GstElement *chain
      = ingest_load_chain (self->pipelines, GST_BIN (self->pipeline), encoding.chain, FALSE, &sink, &error);
  if (chain == NULL) {
    file_reader_fail (self, failure_new ("internal", "%s", error->message));
    return;
  }

  ReaderTrack *own = add_track (self, pad, chain, &encoding);
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample, .eos = on_eos };
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, own, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, own, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, on_flush, own, NULL);
  g_autoptr (GstPad) target = gst_element_get_static_pad (chain, "sink");
  /* The pipeline may be on its way to PLAYING on another thread: left to it, a chain added now was seen to stay in
   * PAUSED. */
  gst_element_set_locked_state (chain, TRUE);
  gst_element_set_state (chain, GST_STATE_PLAYING);
  if (!link_across (pad, target))
    file_reader_fail (self, failure_new ("internal", "The %s track could not be linked.", encoding.name));
}
