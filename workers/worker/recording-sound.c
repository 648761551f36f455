#include "recording-sound.h"

/* Sound may be so far ahead of the video of the same moment, or behind it. */
#define SKEW_US (500 * 1000)

void
recording_sound_init (RecordingSound *self, RecordingStatus *status)
{
  *self = (RecordingSound){ .status = status };
  g_queue_init (&self->early);
}

void
recording_sound_forget (RecordingSound *self)
{
  g_queue_clear_full (&self->early, (GDestroyNotify)frame_free);
}

void
recording_sound_take (RecordingSound *self, const HubFrame *frame)
{
  g_queue_push_tail (&self->early, frame_keep (frame));
}

void
recording_sound_push (RecordingSound *self, Segment *segment, const HubFrame *frame, gboolean counts)
{
  if (segment != NULL && segment_push (segment, frame))
    recording_status_count (self->status, counts ? 1 : 0, gst_buffer_get_size (frame->buffer));
  if (self->beside != NULL)
    segment_push (self->beside, frame);
}

static void
push (RecordingSound *self, Segment *current, const HubFrame *frame)
{
  gboolean belongs_before = self->former != NULL && GST_BUFFER_PTS (frame->buffer) < segment_start (current);

  recording_sound_push (self, belongs_before ? self->former : current, frame, FALSE);
}

void
recording_sound_pass (RecordingSound *self, Segment *current, GstClockTime until)
{
  gint64 arrived_before_us = g_get_monotonic_time () - SKEW_US;
  const HubFrame *next;

  while ((next = g_queue_peek_head (&self->early)) != NULL
         && (GST_BUFFER_PTS (next->buffer) < until || next->arrived_us < arrived_before_us)) {
    g_autoptr (HubFrame) frame = g_queue_pop_head (&self->early);
    push (self, current, frame);
  }
}

void
recording_sound_await (RecordingSound *self, Segment *former, const char *reason)
{
  recording_sound_end_former (self);
  if (!segment_has_sound (former)) {
    segment_finish (former, reason);
    return;
  }
  self->former = former;
  self->former_reason = reason;
  self->former_until_us = g_get_monotonic_time () + SKEW_US;
}

void
recording_sound_end_former (RecordingSound *self)
{
  if (self->former == NULL)
    return;
  segment_finish (self->former, self->former_reason);
  self->former = NULL;
}

void
recording_sound_end_former_if_due (RecordingSound *self)
{
  if (g_get_monotonic_time () >= self->former_until_us)
    recording_sound_end_former (self);
}
