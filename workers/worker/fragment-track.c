#include "fragment-track.h"

/* Times of RTP, and of most frame rates, are whole numbers of it. */
#define VIDEO_TIMESCALE 90000
/* A frame that is alone does not tell how long one lasts: a 25th of a second. */
#define USUAL_PER_SECOND 25

FragmentTrack *
fragment_track_new (guint32 id, Media media)
{
  FragmentTrack *self = g_new0 (FragmentTrack, 1);

  self->id = id;
  self->media = media;
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  g_queue_init (&self->waiting);
  return self;
}

void
fragment_run_clear (FragmentRun *self)
{
  g_clear_pointer (&self->samples, g_array_unref);
}

void
fragment_track_free (FragmentTrack *self)
{
  g_clear_pointer (&self->format, track_format_free);
  g_queue_clear_full (&self->waiting, (GDestroyNotify)gst_buffer_unref);
  fragment_run_clear (&self->run);
  g_free (self);
}

static gboolean
is_complete (const TrackFormat *format)
{
  return format->codec_data != NULL && (format->media == MEDIA_AUDIO || (format->width > 0 && format->height > 0));
}

gboolean
fragment_track_set_format (FragmentTrack *self, const GstCaps *caps, GError **error)
{
  g_autoptr (TrackFormat) format = track_format_new (caps);

  if (format == NULL || format->media != self->media || !is_complete (format)) {
    g_autofree char *text = gst_caps_to_string (caps);
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "what a decoder needs is missing in %s", text);
    return FALSE;
  }
  if (self->format != NULL && !track_format_fits (format, self->format)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "the format of a track changed within a file");
    return FALSE;
  }
  if (self->format != NULL)
    return TRUE;
  self->timescale = format->media == MEDIA_VIDEO ? VIDEO_TIMESCALE : (guint32)format->rate;
  self->usual = MAX (self->timescale / USUAL_PER_SECOND, 1);
  self->format = g_steal_pointer (&format);
  return TRUE;
}

static gint64
scaled (const FragmentTrack *self, GstClockTime time)
{
  return (gint64)MIN (gst_util_uint64_scale_round (time, self->timescale, GST_SECOND), G_MAXINT64);
}

/* 0 for what is before the file begins, as the decode times of its first pictures may be. */
static gint64
moment (const FragmentTrack *self, GstClockTime time)
{
  guint64 running = 0;
  gint sign = gst_segment_to_running_time_full (&self->segment, GST_FORMAT_TIME, time, &running);

  return sign > 0 ? scaled (self, running) : 0;
}

/* Sound is decoded in the order in which it is heard. */
static GstClockTime
decode_time (const FragmentTrack *self, const GstBuffer *buffer)
{
  GstClockTime first = self->media == MEDIA_VIDEO ? GST_BUFFER_DTS (buffer) : GST_BUFFER_PTS (buffer);
  GstClockTime second = self->media == MEDIA_VIDEO ? GST_BUFFER_PTS (buffer) : GST_BUFFER_DTS (buffer);

  return GST_CLOCK_TIME_IS_VALID (first) ? first : second;
}

/* Until the next one tells; the last one of the file keeps it. */
static guint32
duration_of (FragmentTrack *self, const GstBuffer *buffer)
{
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    self->usual = (guint32)CLAMP (scaled (self, GST_BUFFER_DURATION (buffer)), 1, G_MAXINT32);
  return self->usual;
}

static gint32
shown_after (const FragmentTrack *self, const GstBuffer *buffer, guint64 decoded)
{
  if (self->media == MEDIA_AUDIO || !GST_BUFFER_PTS_IS_VALID (buffer))
    return 0;
  gint64 after = moment (self, GST_BUFFER_PTS (buffer)) - (gint64)decoded;
  return (gint32)CLAMP (after, G_MININT32, G_MAXINT32);
}

static void
end_last_at (FragmentTrack *self, guint64 time)
{
  Mp4Sample *last = &g_array_index (self->run.samples, Mp4Sample, self->run.samples->len - 1);

  last->duration = (guint32)MIN (time - (self->next - 1), G_MAXINT32);
}

static void
begin_run (FragmentTrack *self, guint64 time)
{
  self->run = (FragmentRun){
    .track = self->id,
    .media = self->media,
    .time = time,
    .samples = g_array_new (FALSE, FALSE, sizeof (Mp4Sample)),
  };
}

gboolean
fragment_track_add (FragmentTrack *self, GstBuffer *buffer, GError **error)
{
  g_autoptr (GstBuffer) owned = buffer;
  GstClockTime decoded = decode_time (self, buffer);

  if (!GST_CLOCK_TIME_IS_VALID (decoded)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "a frame has no time");
    return FALSE;
  }
  if (gst_buffer_get_size (buffer) == 0)
    return TRUE;
  guint64 time = MAX ((guint64)moment (self, decoded), self->next);
  if (self->run.samples == NULL)
    begin_run (self, time);
  else
    end_last_at (self, time);
  const Mp4Sample sample = {
    .size = (guint32)gst_buffer_get_size (buffer),
    .duration = duration_of (self, buffer),
    .shown = shown_after (self, buffer, time),
    .keyframe = self->media == MEDIA_AUDIO || !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT),
  };
  g_array_append_val (self->run.samples, sample);
  g_queue_push_tail (&self->waiting, g_steal_pointer (&owned));
  self->next = time + 1;
  return TRUE;
}

GstClockTime
fragment_track_waits_for (const FragmentTrack *self)
{
  if (self->run.samples == NULL)
    return 0;
  const Mp4Sample *last = &g_array_index (self->run.samples, Mp4Sample, self->run.samples->len - 1);
  guint64 end = self->next - 1 + last->duration;
  return gst_util_uint64_scale (end - self->run.time, GST_SECOND, self->timescale);
}

void
fragment_track_take (FragmentTrack *self, GArray *runs, GstBufferList *frames)
{
  GstBuffer *buffer;

  if (self->run.samples == NULL)
    return;
  g_array_append_val (runs, self->run);
  self->run.samples = NULL;
  while ((buffer = g_queue_pop_head (&self->waiting)) != NULL)
    gst_buffer_list_add (frames, buffer);
}
