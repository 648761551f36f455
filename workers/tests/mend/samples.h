/* Recorded files for the tests of mending: as a muxer leaves them when it is killed, and finished ones. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  const char *format;    /* mp4, mkv */
  const char *launch;    /* of the muxer and the sink; NULL: the product's */
  const char *video;     /* launch text of the encoder and parser */
  const char *sound;     /* the same of a source, too; NULL: none */
  const char *encodings; /* as they are told, with a comma between */
} SampleKind;

#define SAMPLE_FRAMES 50
#define SAMPLE_FRAME_MS 40

extern const SampleKind sample_kinds[]; /* `name` is NULL at the end */

/* What a killed worker leaves in DIRECTORY/NAME.part, but that all frames are in it. (transfer full) */
GBytes *sample_unfinished (const SampleKind *kind, const char *directory);
/* The same of the muxer's own finished file. */
GBytes *sample_finished (const SampleKind *kind, const char *directory);

void sample_write (const char *path, GBytes *bytes, gsize size);
GBytes *sample_read (const char *path);

/* What a player gets of the file, a line for each frame of its video: checksum, and when it is shown in ms after the
 * beginning. (transfer full) */
GPtrArray *sample_frames (const char *path, const char *format);

G_END_DECLS
