#include "segment-track.h"

static GstIterator *
leads_nowhere (GstPad *pad, GstObject *parent)
{
  return NULL;
}

gboolean
segment_track_init (SegmentTrack *self, GstElement *muxer, const Track *track, const char *container, GError **error)
{
  const char *template = track->media == MEDIA_VIDEO ? "video_%u" : "audio_%u";

  *self = (SegmentTrack){
    .index = track->index,
    .media = track->media,
    .pad = gst_element_request_pad_simple (muxer, template),
  };
  if (self->pad == NULL || !gst_pad_query_accept_caps (self->pad, track->caps)) {
    g_autofree char *caps = gst_caps_to_string (track->caps);

    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "%s cannot hold %s", container, caps);
    gst_clear_object (&self->pad);
    return FALSE;
  }
  /* What wakes a track is for the muxer alone: filesink would start the file anew at a flush. */
  gst_pad_set_iterate_internal_links_function (self->pad, leads_nowhere);
  return TRUE;
}

void
segment_track_clear (SegmentTrack *self)
{
  g_clear_pointer (&self->feed, feed_free);
  gst_clear_object (&self->pad);
}

static GstClockTime
rebased (GstClockTime time, GstClockTime base)
{
  return time > base ? time - base : 0;
}

/* Decode times before the file's 0 are squeezed into its first milliseconds: few frames, and strictly rising. */
static GstClockTime
decode_time (const SegmentTrack *self, const HubFrame *frame, GstClockTime base)
{
  GstClockTime time = rebased (GST_BUFFER_DTS (frame->buffer), base);

  return self->started && time <= self->last_dts ? self->last_dts + GST_MSECOND : time;
}

GstBuffer *
segment_track_retime (SegmentTrack *self, const HubFrame *frame, GstClockTime base)
{
  GstBuffer *buffer = gst_buffer_copy (frame->buffer);

  GST_BUFFER_PTS (buffer) = rebased (GST_BUFFER_PTS (frame->buffer), base);
  GST_BUFFER_DTS (buffer) = decode_time (self, frame, base);
  self->last_dts = GST_BUFFER_DTS (buffer);
  self->started = TRUE;
  return buffer;
}
