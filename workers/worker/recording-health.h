/* Whether all is well with the recording: judged by what waits for the disk, and by where it goes. */
#pragma once

#include "recording-inbox.h"
#include "recording-roots.h"
#include "recording-status.h"

G_BEGIN_DECLS

/* A disk that takes nothing for so long, or is so far behind, is too slow. */
#define RECORDING_LATE_US (5 * G_USEC_PER_SEC)

typedef struct
{
  RecordingStatus *status; /* borrowed */
  RecordingInbox *inbox;   /* borrowed */
  gint64 calm_us;          /* before that a slow disk counts as slow */
} RecordingHealth;

/* Of the root that is being written to, where the oldest frame has waited for the disk for so long. TRUE when that is
 * too slow. `proven`: the present file has taken data. */
gboolean recording_health_judge (RecordingHealth *self, const RecordingRoots *roots, const RecordingRoot *root,
                                 gint64 oldest_us, gboolean proven);

G_END_DECLS
