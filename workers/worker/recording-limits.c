#include "recording-limits.h"

#define CEILING 2
#define SOON GST_SECOND

RecordingExtent
recording_extent (Segment *segment, const HubFrame *next)
{
  GstClockTime start = segment_start (segment);
  GstClockTime pts = GST_BUFFER_PTS (next->buffer);
  gint64 arrived_us = segment_arrived_us (segment);
  gint64 real_us = g_get_real_time () - (g_get_monotonic_time () - next->arrived_us);

  /* Leading frames are shown before the keyframe that the file begins with. */
  return (RecordingExtent){
    .age = pts > start ? pts - start : 0,
    .real_age = next->arrived_us > arrived_us ? (GstClockTime)(next->arrived_us - arrived_us) * GST_USECOND : 0,
    .started_ms = segment_started_ms (segment),
    .present_ms = real_us / 1000,
    .bytes = segment_media_bytes (segment),
  };
}

/* A clock that was set back is waited for by `is_late`; so no moment begins two files. */
static gboolean
is_past_boundary (const RecordingLimits *self, const RecordingExtent *extent)
{
  gint64 every_ms = (gint64)(self->every / GST_MSECOND);

  return every_ms > 0 && extent->present_ms / every_ms > extent->started_ms / every_ms;
}

/* What should have ended the file did not: timestamps that creep, or a wall clock that was set back. Clocks that differ
 * a little, as those of cameras do, are not late. */
static gboolean
is_late (const RecordingLimits *self, const RecordingExtent *extent)
{
  return MAX (extent->age, extent->real_age) >= self->every + self->every / 2;
}

static gboolean
is_over_time (const RecordingLimits *self, const RecordingExtent *extent)
{
  if (self->every == 0)
    return FALSE;
  if (is_late (self, extent))
    return TRUE;
  return self->align ? is_past_boundary (self, extent) : extent->age >= self->every;
}

const char *
recording_limits_reached (const RecordingLimits *self, const RecordingExtent *extent)
{
  if (is_over_time (self, extent))
    return "time";
  return self->bytes > 0 && extent->bytes >= self->bytes ? "size" : NULL;
}

gboolean
recording_limits_near (const RecordingLimits *self, const RecordingExtent *extent)
{
  RecordingExtent soon = *extent;

  soon.age += SOON;
  soon.present_ms += SOON / GST_MSECOND;
  soon.bytes += gst_util_uint64_scale (extent->bytes, SOON, MAX (extent->age, SOON));
  return recording_limits_reached (self, &soon) != NULL;
}

gboolean
recording_limits_exceeded (const RecordingLimits *self, const RecordingExtent *extent)
{
  return (self->every > 0 && MAX (extent->age, extent->real_age) >= CEILING * self->every)
         || (self->bytes > 0 && extent->bytes >= CEILING * self->bytes);
}
