/* When a recorder that waits for triggers records. Times are monotonic microseconds. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 pre_us;
  gint64 most_us;
  gsize pre_bytes;
} TriggerLimits;

typedef struct
{
  gboolean active;
  gint64 from_us;  /* the moment asked for */
  gint64 until_us; /* the moment ordered last */
  gint64 begun_us; /* arrival of the first frame that is recorded; 0 before */
} RecordingEvent;

/* From `pre_us` before `at_us` until `for_us` after it; one that is active already goes on until then. */
void recording_event_trigger (RecordingEvent *self, gint64 at_us, gint64 pre_us, gint64 for_us);
/* Whether it is over at `now_us`, when that is the arrival of a keyframe, or of anything else, or of nothing. */
gboolean recording_event_is_over (const RecordingEvent *self, const TriggerLimits *limits, gboolean keyframe,
                                  gint64 now_us);

G_END_DECLS
