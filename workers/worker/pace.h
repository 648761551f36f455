/* When the frames of a file are due, so that they come at the speed of a camera's. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All 0 before the first frame, which is due at once. */
typedef struct
{
  gint64 start_us; /* monotonic time of `origin` */
  gint64 origin;   /* in the file's time, nanoseconds */
} Pace;

/* Monotonic. */
gint64 pace_due_us (Pace *self, gint64 dts);

G_END_DECLS
