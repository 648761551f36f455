#include "hub.h"

static gint64
running_time (const GstSegment *segment, GstClockTime time)
{
  guint64 value = 0;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return HUB_NO_TIME;
  gint sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time, &value);
  return sign == 0 ? HUB_NO_TIME : sign * (gint64)value;
}

void
hub_push (Hub *hub, guint64 life, guint track, GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstCaps *caps = gst_sample_get_caps (sample);

  if (buffer == NULL || caps == NULL)
    return;
  /* Decode times of live sources are arrival times or missing: the timeline derives them from the presentation times.
   */
  hub_push_frame (hub, life, track, buffer, caps,
                  running_time (gst_sample_get_segment (sample), GST_BUFFER_PTS (buffer)), HUB_NO_TIME);
}
