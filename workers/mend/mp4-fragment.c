#include "mp4-fragment.h"
#include "nal.h"

enum
{
  TFHD_BASE = 0x01,
  TFHD_DESCRIPTION = 0x02,
  TFHD_DURATION = 0x08,
  TFHD_SIZE = 0x10,
  TFHD_FLAGS = 0x20,
  TFHD_BASE_IS_MOOF = 0x020000,

  TRUN_PLACE = 0x01,
  TRUN_FIRST_FLAGS = 0x04,
  TRUN_DURATION = 0x100,
  TRUN_SIZE = 0x200,
  TRUN_FLAGS = 0x400,
  TRUN_SHOWN = 0x800,

  SAMPLE_NO_KEYFRAME = 0x10000,
};

typedef struct
{
  Mp4Fragment *fragment;
  Mp4Track *track;
  guint64 base; /* what the places in truns are relative to */
  guint64 next; /* the end of the sample before */
  guint32 duration;
  guint32 size;
  guint32 flags;
} Traf;

/* Takes a number off `rest`; 0 where it ends, with `ok` FALSE. */
static guint64
take (Span *rest, guint size, gboolean *ok)
{
  if (rest->size < size) {
    *ok = FALSE;
    return 0;
  }
  guint64 value = bytes_get (rest->data, size);
  rest->data += size;
  rest->size -= size;
  return value;
}

static Mp4Track *
find_track (GArray *tracks, guint32 id)
{
  for (guint i = 0; i < tracks->len; i++)
    if (g_array_index (tracks, Mp4Track, i).id == id)
      return &g_array_index (tracks, Mp4Track, i);
  return NULL;
}

static gboolean
read_header (Traf *self, Span tfhd, GArray *tracks)
{
  gboolean ok = TRUE;
  guint32 flags = (guint32)take (&tfhd, 4, &ok);

  self->track = find_track (tracks, (guint32)take (&tfhd, 4, &ok));
  if (self->track == NULL)
    return FALSE;
  self->duration = self->track->usual_duration;
  self->size = self->track->usual_size;
  self->flags = self->track->usual_flags;
  self->base = flags & TFHD_BASE_IS_MOOF ? self->fragment->at : self->next;
  if (flags & TFHD_BASE)
    self->base = take (&tfhd, 8, &ok);
  if (flags & TFHD_DESCRIPTION)
    take (&tfhd, 4, &ok);
  if (flags & TFHD_DURATION)
    self->duration = (guint32)take (&tfhd, 4, &ok);
  if (flags & TFHD_SIZE)
    self->size = (guint32)take (&tfhd, 4, &ok);
  if (flags & TFHD_FLAGS)
    self->flags = (guint32)take (&tfhd, 4, &ok);
  return ok;
}

/* Times between fragments are counted in the last sample before. */
static void
read_time (Traf *self, Span tfdt)
{
  gboolean ok = TRUE;
  gboolean is_long = take (&tfdt, 4, &ok) >> 24 == 1;
  guint64 time = take (&tfdt, is_long ? 8 : 4, &ok);
  Mp4Track *track = self->track;

  if (!ok)
    return;
  if (mp4_samples_count (&track->samples) == 0)
    track->begins = time;
  else if (time >= track->begins)
    mp4_samples_reach (&track->samples, time - track->begins);
}

static gboolean
is_there (const Traf *self, const Mp4Sample *sample)
{
  const Mp4Fragment *fragment = self->fragment;

  return sample->size > 0 && self->next >= fragment->media && self->next <= fragment->media_end
         && sample->size <= fragment->media_end - self->next;
}

static void
check_sample (const Traf *self, guint64 at, guint64 end)
{
  Mp4Fragment *fragment = self->fragment;

  if (fragment->check != NULL && nal_is_sound (fragment->check, at, end, self->track->encoding))
    fragment->sound_end = MAX (fragment->sound_end, end);
}

static gboolean
read_sample (Traf *self, Span *trun, guint32 fields, guint32 flags, gboolean begins_chunk)
{
  gboolean ok = TRUE;
  Mp4Sample sample = { .duration = self->duration, .size = self->size };

  if (fields & TRUN_DURATION)
    sample.duration = (guint32)take (trun, 4, &ok);
  if (fields & TRUN_SIZE)
    sample.size = (guint32)take (trun, 4, &ok);
  if (fields & TRUN_FLAGS)
    flags = (guint32)take (trun, 4, &ok);
  if (fields & TRUN_SHOWN)
    sample.shown = (gint32)take (trun, 4, &ok);
  sample.keyframe = !(flags & SAMPLE_NO_KEYFRAME);
  if (!ok || !is_there (self, &sample))
    return FALSE;
  if (begins_chunk)
    mp4_samples_begin_chunk (&self->track->samples, self->next);
  mp4_samples_add (&self->track->samples, &sample);
  check_sample (self, self->next, self->next + sample.size);
  self->next += sample.size;
  self->fragment->wanted_end = MAX (self->fragment->wanted_end, self->next);
  return TRUE;
}

static gboolean
read_run (Traf *self, Span trun)
{
  gboolean ok = TRUE;
  guint32 fields = (guint32)take (&trun, 4, &ok);
  guint32 count = (guint32)take (&trun, 4, &ok);

  if (fields & TRUN_PLACE)
    self->next = self->base + (guint64)(gint64)(gint32)take (&trun, 4, &ok);
  guint32 first_flags = fields & TRUN_FIRST_FLAGS ? (guint32)take (&trun, 4, &ok) : self->flags;
  for (guint32 i = 0; ok && i < count; i++)
    ok = read_sample (self, &trun, fields, i == 0 ? first_flags : self->flags, i == 0);
  return ok;
}

static gboolean
read_traf (Traf *self, Span traf, GArray *tracks)
{
  Box box;

  if (!box_find (traf, BOX ('t', 'f', 'h', 'd'), &box) || !read_header (self, box.body, tracks))
    return FALSE;
  if (box_find (traf, BOX ('t', 'f', 'd', 't'), &box))
    read_time (self, box.body);
  while (box_next (&traf, &box))
    if (box.type == BOX ('t', 'r', 'u', 'n') && !read_run (self, box.body))
      return FALSE;
  return traf.size == 0;
}

gboolean
mp4_fragment_read (Mp4Fragment *self, Span moof, GArray *tracks)
{
  Traf traf = { .fragment = self, .next = self->at };
  Box box;

  self->wanted_end = self->media;
  while (box_next (&moof, &box))
    if (box.type == BOX ('t', 'r', 'a', 'f') && !read_traf (&traf, box.body, tracks))
      return FALSE;
  return moof.size == 0;
}
