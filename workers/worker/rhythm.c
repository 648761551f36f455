#include "rhythm.h"

#include <string.h>

/* Frames closer together left the network's buffers as one. */
#define BURST_US 5000
#define GAPS_TO_KNOW 8
#define UNKNOWN_US (500 * 1000)

void
rhythm_note (Rhythm *self, gint64 now_us)
{
  gint64 gap = now_us - self->burst_us;

  if (self->burst_us != 0 && gap < BURST_US)
    return;
  if (self->burst_us != 0) {
    self->gaps[self->next] = gap;
    self->next = (self->next + 1) % RHYTHM_GAPS;
    self->filled = MIN (self->filled + 1, RHYTHM_GAPS);
    self->longest_us = MAX (self->longest_us, gap);
  }
  self->burst_us = now_us;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 one = *(const gint64 *)a;
  gint64 other = *(const gint64 *)b;

  return (one > other) - (one < other);
}

gint64
rhythm_interval_us (const Rhythm *self)
{
  gint64 sorted[RHYTHM_GAPS];

  if (self->filled < GAPS_TO_KNOW)
    return MAX (self->longest_us, UNKNOWN_US);
  memcpy (sorted, self->gaps, sizeof sorted);
  qsort (sorted, self->filled, sizeof sorted[0], compare);
  return sorted[self->filled * 3 / 4];
}
