#include "dts.h"

#include <string.h>

/* After so many frames without the assumed reordering the stream is taken to have none. */
#define FRAMES_TO_LEARN 50

void
dts_reset (DtsGuess *self, guint depth)
{
  memset (self, 0, sizeof *self);
  self->depth = MIN (depth, DTS_WINDOW - 1);
}

/* Inserts `pts` in order; returns how many seen frames are shown after it. */
static guint
insert (DtsGuess *self, gint64 pts)
{
  guint at = self->filled;

  while (at > 0 && self->newest[at - 1] > pts)
    at--;
  guint later = self->filled - at;
  if (self->filled < DTS_WINDOW) {
    memmove (&self->newest[at + 1], &self->newest[at], later * sizeof (gint64));
    self->newest[at] = pts;
    self->filled++;
  } else if (at > 0) {
    memmove (&self->newest[0], &self->newest[1], (at - 1) * sizeof (gint64));
    self->newest[at - 1] = pts;
  }
  return later;
}

static void
learn (DtsGuess *self, guint later)
{
  self->observed = MAX (self->observed, MIN (later, DTS_WINDOW - 1));
  self->since_change++;
  if (self->observed > self->depth) {
    self->depth = self->observed;
  } else if (self->since_change >= FRAMES_TO_LEARN) {
    self->depth = self->observed;
    self->observed = 0;
    self->since_change = 0;
  }
}

gint64
dts_next (DtsGuess *self, gint64 pts, gint64 interval)
{
  learn (self, insert (self, pts));
  if (self->filled > self->depth)
    return self->newest[self->filled - 1 - self->depth];
  return self->newest[0] - (gint64)(self->depth + 1 - self->filled) * interval;
}
