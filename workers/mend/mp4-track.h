/* A track of an MP4 file: what the `trak` of its moov says. */
#pragma once

#include "box.h"
#include "mp4-samples.h"

G_BEGIN_DECLS

typedef struct
{
  guint32 id;
  guint32 timescale;
  gboolean video;
  const char *encoding; /* in the project's words; NULL for another one */
  Span trak;            /* the body, in the moov it was read from */

  /* What a fragment that does not say otherwise means. */
  guint32 usual_duration;
  guint32 usual_size;
  guint32 usual_flags;

  guint64 begins; /* decode time of the first sample */
  Mp4Samples samples;
} Mp4Track;

/* FALSE when `trak` is none. Borrows its bytes; `samples` is empty. */
gboolean mp4_track_read (Mp4Track *self, Span trak);
/* The `trex` that belongs to the track. */
void mp4_track_read_defaults (Mp4Track *self, Span trex);
void mp4_track_clear (Mp4Track *self);

/* The only box of that type at `path`, as in "mdia/minf/stbl". */
gboolean mp4_track_find (const Mp4Track *self, const char *path, Box *box);

G_END_DECLS
