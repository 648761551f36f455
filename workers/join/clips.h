/* The files that are made: one, and a further one, with a number, wherever the format changes. */
#pragma once

#include "clip-writer.h"
#include "request.h"

G_BEGIN_DECLS

typedef struct
{
  char *path;
  gint64 duration_ms;
  guint64 frames; /* of the video; of the sound where there is none */
  gint64 from_ms; /* when it was recorded, since 1970 */
  gint64 to_ms;
} Clip;

typedef struct
{
  const Request *request;
  OutFile *file; /* NULL between two */
  ClipWriter *writer;
  Clip present;
  GArray *done; /* Clip */
} Clips;

void clips_init (Clips *self, const Request *request);
/* What is not finished is removed. */
void clips_clear (Clips *self);

/* Whether tracks of these formats (by Media; NULL: none) can go on in the present file. */
gboolean clips_fit (const Clips *self, TrackFormat *const *formats);
/* Another file; the present one has to be finished. */
gboolean clips_begin (Clips *self, gint64 from_ms, GError **error);
/* A track that the present file does not have yet is added. */
void clips_write (Clips *self, const TrackFormat *format, const ClipFrame *frame, gint64 end);
/* FALSE as soon as the disk has failed. */
gboolean clips_are_well (const Clips *self);
gboolean clips_finish (Clips *self, gint64 to_ms, GError **error);

G_END_DECLS
