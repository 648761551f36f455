/* The sample tables of one MP4 track, in the run-length form in which a file holds them. */
#pragma once

#include "bytes.h"

G_BEGIN_DECLS

typedef struct
{
  guint32 count;
  guint32 value;
} Mp4Run;

typedef struct
{
  guint64 at; /* in the file */
  guint32 samples;
} Mp4Chunk;

typedef struct
{
  guint32 size;
  guint32 duration; /* in the track's timescale, like all times here */
  gint32 shown;     /* how long after its decode time */
  gboolean keyframe;
} Mp4Sample;

typedef struct
{
  GArray *durations;    /* Mp4Run */
  GArray *shown;        /* Mp4Run of gint32 */
  GArray *sizes;        /* guint32 */
  GArray *keyframes;    /* guint32: numbers of samples, from 1 on */
  GArray *chunks;       /* Mp4Chunk */
  guint64 duration;     /* of all */
  guint64 shown_until;  /* the latest end of a sample that is shown */
  gboolean shown_early; /* a value in `shown` is negative */
} Mp4Samples;

void mp4_samples_init (Mp4Samples *self);
void mp4_samples_clear (Mp4Samples *self);

guint mp4_samples_count (const Mp4Samples *self);
/* Samples added from here on lie one after another from `at` on. */
void mp4_samples_begin_chunk (Mp4Samples *self, guint64 at);
void mp4_samples_add (Mp4Samples *self, const Mp4Sample *sample);
/* Makes the last sample longer or shorter so that the next one is decoded at `time`. */
void mp4_samples_reach (Mp4Samples *self, guint64 time);

/* stts, ctts, stss, stsc, stsz and stco or co64. */
void mp4_samples_write (const Mp4Samples *self, GByteArray *out);

G_END_DECLS
