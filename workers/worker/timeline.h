/* Puts the frames of all lives of an ingest on one clock: continuous over reconnects, decode times strictly rising per
 * track, one offset for all tracks of a life so that sound and picture stay together. Not thread safe: the hub locks.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _Timeline Timeline;

Timeline *timeline_new (void);
void timeline_free (Timeline *self);

/* The next frame begins a new life: its offset is chosen so that it goes on where the last one ended, or now if that is
 * later. `backlog`: that frame is so much older than now. */
void timeline_begin_life (Timeline *self, guint n_tracks, GstClockTime backlog);

/* What a source's own times turned out to be. */
typedef enum
{
  TIMES_FINE,
  TIMES_LEAPT,  /* the clock was set anew; the leap is taken out */
  TIMES_USELESS /* they stand still, fall or are missing: for the rest of the life arrival times are taken */
} TimesNews;

/* Sets PTS, DTS and duration of `buffer`. `pts` and `dts` are the source's, HUB_NO_TIME where it has none; `now` is the
 * hub's clock. With TIMES_LEAPT, `leap` says how far (nanoseconds; negative: back). */
TimesNews timeline_stamp (Timeline *self, guint track, GstCaps *caps, GstBuffer *buffer, gint64 pts, gint64 dts,
                          GstClockTime now, gint64 *leap);

G_END_DECLS
