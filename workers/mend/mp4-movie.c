#include "mp4-movie.h"
#include "mp4-index.h"

/* That of a week at 25 frames a second, with sound, has 700 MB. */
#define LARGEST_MOOV (1024 * 1024 * 1024)

static void
clear_track (gpointer data)
{
  mp4_track_clear (data);
}

static gboolean
read_tracks (Mp4Movie *self)
{
  Span rest = self->moov;
  Box box;

  while (box_next (&rest, &box)) {
    Mp4Track track;

    if (box.type != BOX ('t', 'r', 'a', 'k'))
      continue;
    if (self->tracks->len == MEND_MAX_TRACKS || !mp4_track_read (&track, box.body))
      return FALSE;
    g_array_append_val (self->tracks, track);
  }
  return self->tracks->len > 0;
}

static void
read_defaults (Mp4Movie *self, Span mvex)
{
  Box box;

  while (box_next (&mvex, &box))
    for (guint i = 0; i < self->tracks->len && box.body.size >= 8; i++) {
      Mp4Track *track = &g_array_index (self->tracks, Mp4Track, i);

      if (box.type == BOX ('t', 'r', 'e', 'x') && bytes_u32 (box.body.data + 4) == track->id)
        mp4_track_read_defaults (track, box.body);
    }
}

Mp4Movie *
mp4_movie_read (int fd, const FileBox *box, GError **error)
{
  g_autoptr (Mp4Movie) self = g_new0 (Mp4Movie, 1);
  Box mvex;

  self->tracks = g_array_new (FALSE, FALSE, sizeof (Mp4Track));
  g_array_set_clear_func (self->tracks, clear_track);
  if (box->end - box->at > LARGEST_MOOV) {
    mend_fail (error, MEND_ERROR_UNKNOWN, "its index is too large");
    return NULL;
  }
  self->moov.size = box->end - box->at - box->header;
  self->data = disk_read (fd, box->at + box->header, self->moov.size, error);
  if (self->data == NULL)
    return NULL;
  self->moov.data = self->data;
  if (!read_tracks (self)) {
    mend_fail (error, MEND_ERROR_UNKNOWN, "its tracks are not of our making");
    return NULL;
  }
  self->fragmented = box_find (self->moov, BOX ('m', 'v', 'e', 'x'), &mvex);
  if (self->fragmented)
    read_defaults (self, mvex.body);
  return g_steal_pointer (&self);
}

void
mp4_movie_free (Mp4Movie *self)
{
  g_array_unref (self->tracks);
  g_free (self->data);
  g_free (self);
}

static gboolean
has_video (const Mp4Movie *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (g_array_index (self->tracks, Mp4Track, i).video)
      return TRUE;
  return FALSE;
}

static void
describe_track (const Mp4Movie *self, const Mp4Track *track, guint64 frames, guint64 keyframes, MendFacts *facts)
{
  if (frames == 0)
    return;
  mend_facts_add_encoding (facts, track->encoding, track->video);
  if (track->video != has_video (self))
    return;
  facts->frames = frames;
  facts->keyframes = keyframes;
}

void
mp4_movie_describe_samples (const Mp4Movie *self, MendFacts *facts)
{
  facts->format = "mp4";
  facts->duration_ms = mp4_index_duration (self->tracks, 1000);
  for (guint i = 0; i < self->tracks->len; i++) {
    const Mp4Track *track = &g_array_index (self->tracks, Mp4Track, i);

    describe_track (self, track, mp4_samples_count (&track->samples), track->samples.keyframes->len, facts);
  }
}

static guint64
duration_of (Span moov)
{
  Box mvhd;

  if (!box_find (moov, BOX ('m', 'v', 'h', 'd'), &mvhd) || mvhd.body.size < 32)
    return 0;
  const guint8 *data = mvhd.body.data;
  guint64 timescale = MAX (1, bytes_u32 (data + (data[0] == 1 ? 20 : 12)));
  guint64 duration = data[0] == 1 ? bytes_get (data + 24, 8) : bytes_u32 (data + 16);

  return duration / timescale * 1000 + duration % timescale * 1000 / timescale;
}

/* Without a list of them every sample is a keyframe. */
static guint64
count_keyframes (const Mp4Track *track, guint64 frames)
{
  Box stss;

  if (!mp4_track_find (track, "mdia/minf/stbl/stss", &stss))
    return frames;
  return stss.body.size >= 8 ? bytes_u32 (stss.body.data + 4) : 0;
}

void
mp4_movie_describe_tables (const Mp4Movie *self, MendFacts *facts)
{
  facts->format = "mp4";
  facts->duration_ms = duration_of (self->moov);
  for (guint i = 0; i < self->tracks->len; i++) {
    const Mp4Track *track = &g_array_index (self->tracks, Mp4Track, i);
    Box stsz;
    guint64 frames = 0;

    if (mp4_track_find (track, "mdia/minf/stbl/stsz", &stsz) && stsz.body.size >= 12)
      frames = bytes_u32 (stsz.body.data + 8);
    describe_track (self, track, frames, count_keyframes (track, frames), facts);
  }
}
