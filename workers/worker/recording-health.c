#include "recording-health.h"

/* It is up to date again, */
#define CAUGHT_UP_US (1 * G_USEC_PER_SEC)
/* and has been for so long. */
#define CALM_US (2 * G_USEC_PER_SEC)

gboolean
recording_health_judge (RecordingHealth *self, const RecordingRoots *roots, const RecordingRoot *root, gint64 oldest_us,
                        gboolean proven)
{
  gint64 now = g_get_monotonic_time ();
  gint64 late_us = MAX (oldest_us, recording_root_waits_us (root));
  gboolean drops = recording_inbox_is_shut (self->inbox);
  gboolean late = late_us > RECORDING_LATE_US || drops;
  JsonNode *failure = recording_roots_failure_up_to (roots, root);

  if (late)
    recording_status_degraded (self->status, recording_root_slow_failure (root));
  else if (failure != NULL)
    recording_status_degraded (self->status, json_node_copy (failure));
  if (late || (now < self->calm_us && late_us > CAUGHT_UP_US))
    self->calm_us = now + CALM_US;
  if (proven && failure == NULL && now >= self->calm_us)
    recording_status_up (self->status);
  return late;
}
