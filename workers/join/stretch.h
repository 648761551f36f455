/* How far the leading track of a file goes: the picture, or the sound where there is none. Times in the file. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 frames;
  gint64 first;
  gint64 last; /* shown last */
  gint64 last_duration;
} Stretch;

void stretch_begin (Stretch *self);
/* `duration`: as the file has it; 0 where it does not. */
void stretch_count (Stretch *self, gint64 pts, gint64 duration);
/* When the last frame is over. */
gint64 stretch_end (const Stretch *self);

G_END_DECLS
