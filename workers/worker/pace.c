#include "pace.h"

/* Further behind than this (the machine slept, the process was stopped) the time is taken up anew instead of caught up
 * with. */
#define MAX_BEHIND_US G_USEC_PER_SEC

gint64
pace_due_us (Pace *self, gint64 dts)
{
  gint64 now = g_get_monotonic_time ();

  if (self->start_us == 0)
    *self = (Pace){ .start_us = now, .origin = dts };
  gint64 due = self->start_us + (dts - self->origin) / 1000;
  if (now - due > MAX_BEHIND_US) {
    self->start_us += now - due;
    due = now;
  }
  return due;
}
