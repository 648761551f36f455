#include "segment-private.h"

static void
segment_clear (gpointer user_data)
{
  Segment *self = user_data;

  segment_close (self);
  g_array_unref (self->tracks);
  g_strfreev (self->encodings);
  g_clear_pointer (&self->file, segment_file_free);
}

Segment *
segment_ref (Segment *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
segment_unref (Segment *self)
{
  g_atomic_rc_box_release_full (self, segment_clear);
}

static void
free_feeds (Segment *self, Media media)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);

    if (track->media == media)
      segment_track_clear (track);
  }
}

void
segment_close (Segment *self)
{
  if (self->pipeline != NULL) {
    g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

    gst_element_set_state (self->pipeline, GST_STATE_NULL);
    gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  }
  /* The video's may wait for the others' last moments. */
  free_feeds (self, MEDIA_VIDEO);
  free_feeds (self, MEDIA_AUDIO);
  gst_clear_object (&self->pipeline);
}

static SegmentTrack *
find_track (Segment *self, guint index)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (g_array_index (self->tracks, SegmentTrack, i).index == index)
      return &g_array_index (self->tracks, SegmentTrack, i);
  return NULL;
}

void
segment_begin (Segment *self, const HubFrame *first, gboolean open_gop)
{
  gint64 started_us = g_get_real_time () - (g_get_monotonic_time () - first->arrived_us);

  self->start = GST_BUFFER_PTS (first->buffer);
  self->arrived_us = first->arrived_us;
  self->started_ms = started_us / 1000;
  /* Nothing is shown before the first DTS, and without leading frames nothing before the first PTS. */
  self->base = open_gop ? GST_BUFFER_DTS (first->buffer) : self->start;
  self->end = self->start;
}

gboolean
segment_name (Segment *self, GError **error)
{
  return segment_file_name (self->file, self->started_ms, error);
}

gboolean
segment_push (Segment *self, const HubFrame *frame)
{
  SegmentTrack *track = find_track (self, frame->track);

  if (track == NULL || (frame->media == MEDIA_AUDIO && GST_BUFFER_PTS (frame->buffer) < self->start))
    return FALSE;

  GstBuffer *buffer = segment_track_retime (track, frame, self->base);

  self->media_bytes += gst_buffer_get_size (buffer);
  self->end = MAX (self->end, GST_BUFFER_PTS (frame->buffer) + GST_BUFFER_DURATION (frame->buffer));
  if (frame_counts (frame, self->audio_only)) {
    self->frames++;
    self->keyframes += frame->keyframe ? 1 : 0;
  }
  feed_push (track->feed, buffer);
  return TRUE;
}

SegmentFile *
segment_file (Segment *self)
{
  return self->file;
}

GstClockTime
segment_start (Segment *self)
{
  return self->start;
}

gint64
segment_arrived_us (Segment *self)
{
  return self->arrived_us;
}

gint64
segment_started_ms (Segment *self)
{
  return self->started_ms;
}

guint64
segment_frames (Segment *self)
{
  return self->frames;
}

guint64
segment_media_bytes (Segment *self)
{
  return self->media_bytes;
}

gboolean
segment_is_written (Segment *self)
{
  return g_atomic_int_get (&self->writes) > 1;
}

void
segment_set_continues (Segment *self, gboolean continues)
{
  self->continues = continues;
}

gboolean
segment_continues (Segment *self)
{
  return self->continues;
}

void
segment_set_unwanted (Segment *self)
{
  self->unwanted = TRUE;
}

gboolean
segment_is_unwanted (Segment *self)
{
  return self->unwanted;
}

/* Those whose loss would be one. */
static gboolean
leads (Segment *self, const SegmentTrack *track)
{
  return track->media == MEDIA_VIDEO || self->audio_only;
}

guint64
segment_frames_written (Segment *self)
{
  guint64 frames = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);

    if (leads (self, track) && track->feed != NULL)
      frames += feed_passed (track->feed);
  }
  return frames;
}

void
segment_set_frames_safe (Segment *self, guint64 frames)
{
  atomic_store (&self->frames_safe, frames);
}

guint64
segment_frames_safe (Segment *self)
{
  return atomic_load (&self->frames_safe);
}

gint64
segment_late_us (Segment *self)
{
  gint64 late = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);
    gint64 age = 0;

    if (leads (self, track))
      feed_waiting (track->feed, &age);
    late = MAX (late, age);
  }
  return late;
}

void
segment_drop_waiting (Segment *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    feed_drop_waiting (g_array_index (self->tracks, SegmentTrack, i).feed);
}

const char *const *
segment_encodings (Segment *self)
{
  return (const char *const *)self->encodings;
}

void
segment_summarize (Segment *self, SegmentSummary *summary)
{
  guint64 duration_ms = (self->end - self->start) / GST_MSECOND;

  *summary = (SegmentSummary){
    .path = segment_file_path (self->file),
    .started_ms = self->started_ms,
    .continues = self->continues,
    .ended_ms = self->started_ms + (gint64)duration_ms,
    .frames = self->frames,
    .keyframes = self->keyframes,
    .encodings = segment_encodings (self),
    .bytes = self->file->bytes,
    .duration_ms = duration_ms,
    .reason = self->reason,
  };
}

gsize
segment_waiting (Segment *self, gint64 *age_us)
{
  gsize bytes = 0;

  *age_us = 0;
  for (guint i = 0; i < self->tracks->len; i++) {
    gint64 age = 0;

    bytes += feed_waiting (g_array_index (self->tracks, SegmentTrack, i).feed, &age);
    *age_us = MAX (*age_us, age);
  }
  return bytes;
}
