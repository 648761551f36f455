#include "mp4-samples.h"
#include "box.h"

#define LONGEST G_MAXINT32

void
mp4_samples_init (Mp4Samples *self)
{
  *self = (Mp4Samples){
    .durations = g_array_new (FALSE, FALSE, sizeof (Mp4Run)),
    .shown = g_array_new (FALSE, FALSE, sizeof (Mp4Run)),
    .sizes = g_array_new (FALSE, FALSE, sizeof (guint32)),
    .keyframes = g_array_new (FALSE, FALSE, sizeof (guint32)),
    .chunks = g_array_new (FALSE, FALSE, sizeof (Mp4Chunk)),
  };
}

void
mp4_samples_clear (Mp4Samples *self)
{
  g_clear_pointer (&self->durations, g_array_unref);
  g_clear_pointer (&self->shown, g_array_unref);
  g_clear_pointer (&self->sizes, g_array_unref);
  g_clear_pointer (&self->keyframes, g_array_unref);
  g_clear_pointer (&self->chunks, g_array_unref);
}

guint
mp4_samples_count (const Mp4Samples *self)
{
  return self->sizes->len;
}

static void
add_to_runs (GArray *runs, guint32 value)
{
  Mp4Run *last = runs->len > 0 ? &g_array_index (runs, Mp4Run, runs->len - 1) : NULL;
  const Mp4Run first = { 1, value };

  if (last != NULL && last->value == value)
    last->count++;
  else
    g_array_append_val (runs, first);
}

void
mp4_samples_begin_chunk (Mp4Samples *self, guint64 at)
{
  const Mp4Chunk chunk = { .at = at };

  g_array_append_val (self->chunks, chunk);
}

void
mp4_samples_add (Mp4Samples *self, const Mp4Sample *sample)
{
  add_to_runs (self->durations, sample->duration);
  add_to_runs (self->shown, (guint32)sample->shown);
  g_array_append_val (self->sizes, sample->size);
  if (sample->keyframe)
    g_array_append_val (self->keyframes, self->sizes->len);
  g_array_index (self->chunks, Mp4Chunk, self->chunks->len - 1).samples++;
  self->duration += sample->duration;
  self->shown_until = MAX (self->shown_until, self->duration + (guint64)MAX (sample->shown, 0));
  self->shown_early |= sample->shown < 0;
}

void
mp4_samples_reach (Mp4Samples *self, guint64 time)
{
  if (self->durations->len == 0 || time == self->duration)
    return;

  Mp4Run *last = &g_array_index (self->durations, Mp4Run, self->durations->len - 1);
  guint32 former = last->value;
  guint64 begun = self->duration - former;
  if (time <= begun || time - begun > LONGEST)
    return;
  if (--last->count == 0)
    g_array_set_size (self->durations, self->durations->len - 1);
  add_to_runs (self->durations, (guint32)(time - begun));
  self->duration = time;
}

static guint
begin_table (GByteArray *out, guint32 type, guint version, guint entries)
{
  guint begun = box_begin (out, type);

  bytes_put (out, version, 1);
  bytes_put (out, 0, 3);
  bytes_put (out, entries, 4);
  return begun;
}

static void
write_runs (GByteArray *out, guint32 type, guint version, const GArray *runs)
{
  guint begun = begin_table (out, type, version, runs->len);

  for (guint i = 0; i < runs->len; i++) {
    const Mp4Run *run = &g_array_index (runs, Mp4Run, i);

    bytes_put (out, run->count, 4);
    bytes_put (out, run->value, 4);
  }
  box_end (out, begun);
}

static void
write_numbers (GByteArray *out, const GArray *numbers)
{
  for (guint i = 0; i < numbers->len; i++)
    bytes_put (out, g_array_index (numbers, guint32, i), 4);
}

/* An entry for each chunk that has another number of samples than the one before it. */
static void
write_chunk_lengths (GByteArray *out, const GArray *chunks)
{
  guint begun = begin_table (out, BOX ('s', 't', 's', 'c'), 0, 0);
  guint entries = 0;

  for (guint i = 0; i < chunks->len; i++) {
    guint32 samples = g_array_index (chunks, Mp4Chunk, i).samples;

    if (i > 0 && samples == g_array_index (chunks, Mp4Chunk, i - 1).samples)
      continue;
    bytes_put (out, i + 1, 4);
    bytes_put (out, samples, 4);
    bytes_put (out, 1, 4);
    entries++;
  }
  bytes_set (out->data + begun + 12, entries, 4);
  box_end (out, begun);
}

static void
write_sizes (GByteArray *out, const GArray *sizes)
{
  guint begun = begin_table (out, BOX ('s', 't', 's', 'z'), 0, 0);

  bytes_put (out, sizes->len, 4);
  write_numbers (out, sizes);
  box_end (out, begun);
}

static void
write_chunk_places (GByteArray *out, const GArray *chunks)
{
  gboolean far = g_array_index (chunks, Mp4Chunk, chunks->len - 1).at > G_MAXUINT32;
  guint32 type = far ? BOX ('c', 'o', '6', '4') : BOX ('s', 't', 'c', 'o');
  guint begun = begin_table (out, type, 0, chunks->len);

  for (guint i = 0; i < chunks->len; i++)
    bytes_put (out, g_array_index (chunks, Mp4Chunk, i).at, far ? 8 : 4);
  box_end (out, begun);
}

static gboolean
are_all_shown_at_once (const Mp4Samples *self)
{
  return self->shown->len == 1 && g_array_index (self->shown, Mp4Run, 0).value == 0;
}

void
mp4_samples_write (const Mp4Samples *self, GByteArray *out)
{
  write_runs (out, BOX ('s', 't', 't', 's'), 0, self->durations);
  if (!are_all_shown_at_once (self))
    write_runs (out, BOX ('c', 't', 't', 's'), self->shown_early ? 1 : 0, self->shown);
  if (self->keyframes->len < self->sizes->len) {
    guint begun = begin_table (out, BOX ('s', 't', 's', 's'), 0, self->keyframes->len);

    write_numbers (out, self->keyframes);
    box_end (out, begun);
  }
  write_chunk_lengths (out, self->chunks);
  write_sizes (out, self->sizes);
  write_chunk_places (out, self->chunks);
}
