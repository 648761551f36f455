#include "recording-event.h"

/* A recording ends with its GOP, so that the next one can begin with the next; unless that takes so long. */
#define GOP_US (5 * G_USEC_PER_SEC)

void
recording_event_trigger (RecordingEvent *self, gint64 at_us, gint64 pre_us, gint64 for_us)
{
  if (!self->active)
    *self = (RecordingEvent){ .active = TRUE, .from_us = at_us - pre_us };
  self->until_us = MAX (self->until_us, at_us + for_us);
}

gboolean
recording_event_is_over (const RecordingEvent *self, const TriggerLimits *limits, gboolean keyframe, gint64 now_us)
{
  gint64 begun_us = self->begun_us != 0 ? self->begun_us : self->from_us;

  return now_us >= begun_us + limits->most_us || now_us >= self->until_us + (keyframe ? 0 : GOP_US);
}
