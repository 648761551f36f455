/* What is known of a recorded file, and why one can't be mended. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MEND_MAX_TRACKS 8

typedef struct
{
  const char *format; /* mp4, mkv; static */
  guint64 duration_ms;
  guint64 frames; /* of the video; of the sound where no track is video */
  guint64 keyframes;
  guint64 bytes;
  guint64 lost_bytes;                         /* of the end, which was not whole */
  const char *encodings[MEND_MAX_TRACKS + 1]; /* the project's words, video first; static, NULL at the end */
  gboolean whole;                             /* nothing is left to mend */
} MendFacts;

#define MEND_ERROR (mend_error_quark ())
GQuark mend_error_quark (void);

typedef enum
{
  MEND_ERROR_BUSY,     /* somebody is writing it */
  MEND_ERROR_NO_MEDIA, /* not one whole frame */
  MEND_ERROR_COPY,     /* another file has all of it */
  MEND_ERROR_UNKNOWN,  /* not a file of our making */
  MEND_ERROR_FULL,     /* the disk */
  MEND_ERROR_IO
} MendError;

/* FALSE, for `return`; what errno says. */
gboolean mend_fail_io (GError **error, const char *doing);
gboolean mend_fail (GError **error, MendError code, const char *message);

/* Adds a word to `encodings`, video in front; NULL and what is too much is left out. */
void mend_facts_add_encoding (MendFacts *self, const char *encoding, gboolean video);

G_END_DECLS
