/* One track of an MP4 file that is written in fragments: its format, and the frames that wait for the next fragment.
 * Times are in its timescale. */
#pragma once

#include "mp4-samples.h"
#include "track-format.h"

G_BEGIN_DECLS

/* Frames of one track that follow each other in a fragment. */
typedef struct
{
  guint32 track;
  Media media;
  guint64 time;    /* decode time of the first */
  GArray *samples; /* Mp4Sample, at least one; owned */
} FragmentRun;

typedef struct
{
  guint32 id;
  Media media;
  TrackFormat *format; /* NULL until it is known */
  guint32 timescale;
  GstSegment segment; /* its running time is the file's */
  gboolean ended;

  GQueue waiting;  /* GstBuffer */
  FragmentRun run; /* of those; `samples` is NULL where there are none */
  guint64 next;    /* no frame is decoded before */
  guint32 usual;   /* how long a frame lasts that does not say it */
} FragmentTrack;

FragmentTrack *fragment_track_new (guint32 id, Media media);
void fragment_track_free (FragmentTrack *self);

/* FALSE with `error` for what can't be written, and for another format than before. */
gboolean fragment_track_set_format (FragmentTrack *self, const GstCaps *caps, GError **error);

/* The format has to be known. (transfer full); FALSE with `error` where it has no time. An empty one is dropped. */
gboolean fragment_track_add (FragmentTrack *self, GstBuffer *buffer, GError **error);
/* From the first frame that waits to the end of the last; 0: none does. */
GstClockTime fragment_track_waits_for (const FragmentTrack *self);

/* Moves what waits to the ends of `runs` (FragmentRun) and `frames`. */
void fragment_track_take (FragmentTrack *self, GArray *runs, GstBufferList *frames);

/* For an array of FragmentRun. */
void fragment_run_clear (FragmentRun *self);

G_END_DECLS
