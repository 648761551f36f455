/* The moov of an MP4 file in memory, and its tracks. */
#pragma once

#include "mp4-track.h"

G_BEGIN_DECLS

typedef struct
{
  guint8 *data;
  Span moov;      /* its body, in `data` */
  GArray *tracks; /* Mp4Track */
  gboolean fragmented;
} Mp4Movie;

/* Reads the moov that `box` is, which has to be all there. NULL with `error`. */
Mp4Movie *mp4_movie_read (int fd, const FileBox *box, GError **error);
void mp4_movie_free (Mp4Movie *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mp4Movie, mp4_movie_free)

/* The facts of samples that were found in fragments. */
void mp4_movie_describe_samples (const Mp4Movie *self, MendFacts *facts);
/* The facts of a finished file, whose moov has the tables. */
void mp4_movie_describe_tables (const Mp4Movie *self, MendFacts *facts);

G_END_DECLS
