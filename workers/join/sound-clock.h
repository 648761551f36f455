/* Where frames of sound belong in the clip. They follow each other without a seam: the containers round times, and
 * where two files meet, the sound does not end exactly where the picture does. */
#pragma once

#include "track-format.h"

G_BEGIN_DECLS

typedef struct
{
  gboolean runs;
  gboolean first_of_file;
  gint64 newest;
  gint64 next; /* where the newest one ends */
} SoundClock;

/* `wanted`: by the file. FALSE: its time is taken already. */
gboolean sound_clock_place (SoundClock *self, gint64 wanted, gint64 duration, gint64 *placed);

/* How long a frame of sound is. */
gint64 sound_duration (const TrackFormat *format, GstBuffer *buffer);

G_END_DECLS
