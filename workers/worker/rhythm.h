/* How often frames usually come: the time that three of four gaps between the last frames do not exceed. Regular
 * sources, 1 fps, variable rates and networks that deliver in bursts all show a gap that is normal for them; single
 * stalls do not move it. Not thread safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RHYTHM_GAPS 31

typedef struct
{
  gint64 gaps[RHYTHM_GAPS]; /* the last, in a ring */
  guint filled;
  guint next;
  gint64 burst_us; /* when the present burst began; 0: nothing came yet */
  gint64 longest_us;
} Rhythm;

void rhythm_note (Rhythm *self, gint64 now_us);

/* Never 0. While little is known it errs on the long side. */
gint64 rhythm_interval_us (const Rhythm *self);

G_END_DECLS
