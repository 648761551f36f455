#include "mp4.h"
#include "mp4-fragment.h"
#include "mp4-index.h"
#include "mp4-movie.h"
#include "nal.h"

#define LARGEST_MOOF (16 * 1024 * 1024)
#define HEAD 16

struct _Mp4
{
  int fd;
  DiskWindow window;
  guint64 on_disk;     /* the size of the file */
  guint64 believed;    /* how much of it is of interest at most */
  guint64 size;        /* how much is */
  DiskWindow *check;   /* while samples are looked into */
  guint64 samples_end; /* of the last sample */
  guint64 sound_end;   /* of the last that looks like one, where that was looked at */
  Mp4Movie *movie;     /* NULL until it is all there */
  guint64 movie_at;
  guint64 end;       /* of what is whole */
  gboolean finished; /* the movie is the index of a finished file */
  gboolean stuck;    /* nothing behind `end` is of use */
  FileBox shorter;   /* the last mdat, when it has to end at `end`; else type 0 */
};

Mp4 *
mp4_new (int fd)
{
  Mp4 *self = g_new0 (Mp4, 1);

  self->fd = fd;
  self->believed = G_MAXUINT64;
  return self;
}

void
mp4_free (Mp4 *self)
{
  g_clear_pointer (&self->movie, mp4_movie_free);
  g_free (self);
}

static gboolean
is_whole (const Mp4 *self, const FileBox *box)
{
  return box->end <= self->size;
}

/* The header of a whole box at `at`. */
static gboolean
read_whole (Mp4 *self, guint64 at, FileBox *box)
{
  return file_box_read (&self->window, at, box) && is_whole (self, box);
}

/* The first moov behind `at`; `behind_media` when an mdat came before it. FALSE when there is no whole one. */
static gboolean
find_moov (Mp4 *self, guint64 at, FileBox *moov, gboolean *behind_media)
{
  *behind_media = FALSE;
  while (read_whole (self, at, moov)) {
    if (moov->type == BOX ('m', 'o', 'o', 'v'))
      return TRUE;
    *behind_media |= moov->type == BOX ('m', 'd', 'a', 't');
    at = moov->end;
  }
  return FALSE;
}

/* TRUE without a movie when it is not all there yet. */
static gboolean
read_head (Mp4 *self, GError **error)
{
  FileBox ftyp, moov;
  gboolean behind_media;

  if (!read_whole (self, 0, &ftyp))
    return TRUE;
  if (ftyp.type != BOX ('f', 't', 'y', 'p'))
    return mend_fail (error, MEND_ERROR_UNKNOWN, "it is no MP4 file");
  if (!find_moov (self, ftyp.end, &moov, &behind_media))
    return !behind_media || mend_fail (error, MEND_ERROR_UNKNOWN, "it has no index");
  self->movie = mp4_movie_read (self->fd, &moov, error);
  if (self->movie == NULL)
    return FALSE;
  self->movie_at = moov.at;
  self->end = moov.end;
  self->finished = !self->movie->fragmented;
  if (behind_media && !self->finished)
    return mend_fail (error, MEND_ERROR_UNKNOWN, "it is no MP4 file of our making");
  return TRUE;
}

/* The bytes of `moof`, in the window or in `large`. */
static gboolean
read_moof (Mp4 *self, const FileBox *moof, guint8 **large, Span *body, GError **error)
{
  guint64 at = moof->at + moof->header;

  body->size = moof->end - at;
  if (body->size <= DISK_WINDOW)
    body->data = disk_window_at (&self->window, at, body->size);
  else
    body->data = *large = disk_read (self->fd, at, body->size, error);
  return body->data != NULL;
}

/* Of a fragment that is not whole, too, what is there of it is taken when nothing more comes. */
static gboolean
take_fragment (Mp4 *self, const FileBox *moof, gboolean last, GError **error)
{
  g_autofree guint8 *large = NULL;
  FileBox mdat;
  Span body;

  self->stuck = moof->end - moof->at > LARGEST_MOOF;
  if (self->stuck || !is_whole (self, moof) || !file_box_read (&self->window, moof->end, &mdat))
    return TRUE;
  self->stuck = mdat.type != BOX ('m', 'd', 'a', 't');
  if (self->stuck || (!is_whole (self, &mdat) && !last))
    return TRUE;
  if (!read_moof (self, moof, &large, &body, error))
    return mend_fail_io (error, "read");

  Mp4Fragment fragment = {
    .at = moof->at,
    .media = mdat.at + mdat.header,
    .media_end = MIN (mdat.end, self->size),
    .check = mdat.end + NAL_UNSURE > self->size ? self->check : NULL,
  };
  gboolean whole = mp4_fragment_read (&fragment, body, self->movie->tracks) && is_whole (self, &mdat);
  self->samples_end = MAX (self->samples_end, fragment.wanted_end);
  self->sound_end = MAX (self->sound_end, fragment.sound_end);
  if (whole) {
    self->end = mdat.end;
    return TRUE;
  }
  self->stuck = TRUE;
  if (fragment.wanted_end > fragment.media)
    self->end = fragment.wanted_end;
  if (self->end > mdat.at && self->end != mdat.end)
    self->shorter = mdat;
  return TRUE;
}

static gboolean
is_padding (guint32 type)
{
  return type == BOX ('f', 'r', 'e', 'e') || type == BOX ('s', 'k', 'i', 'p') || type == BOX ('s', 't', 'y', 'p')
         || type == BOX ('m', 'f', 'r', 'a');
}

static gboolean
take_fragments (Mp4 *self, gboolean last, GError **error)
{
  guint64 begun;
  FileBox box;

  do {
    begun = self->end;
    if (!file_box_read (&self->window, begun, &box))
      break;
    if (box.type == BOX ('m', 'o', 'o', 'f')) {
      if (!take_fragment (self, &box, last, error))
        return FALSE;
    } else if (is_padding (box.type) && is_whole (self, &box)) {
      self->end = box.end;
    } else {
      self->stuck = !is_padding (box.type);
    }
  } while (self->end > begun && !self->stuck);
  return TRUE;
}

/* An error of the disk must not look like the end of the file. */
static gboolean
check_reading (Mp4 *self, gboolean read, GError **error)
{
  if (!self->window.failed)
    return read;
  g_clear_error (error);
  return mend_fail (error, MEND_ERROR_IO, "cannot read it");
}

static gboolean
scan (Mp4 *self, gboolean last, GError **error)
{
  if (!disk_size (self->fd, &self->on_disk, error))
    return FALSE;
  self->size = MIN (self->on_disk, self->believed);
  disk_window_init (&self->window, self->fd);
  if (self->movie == NULL && !read_head (self, error))
    return check_reading (self, FALSE, error);
  if (self->movie == NULL || self->finished || self->stuck)
    return check_reading (self, TRUE, error);
  return check_reading (self, take_fragments (self, last, error), error);
}

gboolean
mp4_find_sound_end (Mp4 *self, guint64 *end, GError **error)
{
  DiskWindow check;

  disk_window_init (&check, self->fd);
  self->check = &check;
  gboolean done = scan (self, TRUE, error);
  self->check = NULL;
  /* Where not one looks like what we know, we do not know it. */
  gboolean sound = self->sound_end == 0 || self->sound_end == self->samples_end;
  *end = sound ? G_MAXUINT64 : self->sound_end;
  return done && (!check.failed || mend_fail (error, MEND_ERROR_IO, "cannot read it"));
}

void
mp4_believe (Mp4 *self, guint64 end)
{
  self->believed = end;
}

gboolean
mp4_follow (Mp4 *self, GError **error)
{
  return scan (self, FALSE, error);
}

/* What follows may be an index that could not be finished: it is none of what was recorded. */
static gboolean
is_index (Mp4 *self, guint64 at)
{
  FileBox box;

  return file_box_read (&self->window, at, &box) && box.type == BOX ('m', 'o', 'o', 'v');
}

gboolean
mp4_inspect (Mp4 *self, MendFacts *facts, GError **error)
{
  *facts = (MendFacts){ 0 };
  if (!scan (self, TRUE, error))
    return FALSE;
  if (self->movie == NULL)
    return mend_fail (error, MEND_ERROR_NO_MEDIA, "it ends before its first frame");
  if (self->finished)
    mp4_movie_describe_tables (self->movie, facts);
  else
    mp4_movie_describe_samples (self->movie, facts);
  if (facts->frames == 0)
    return mend_fail (error, MEND_ERROR_NO_MEDIA, "there is no whole frame in it");
  facts->whole = self->finished;
  facts->bytes = self->size;
  if (!self->finished && !is_index (self, self->end))
    facts->lost_bytes = self->on_disk - self->end;
  return TRUE;
}

static gboolean
shorten_last_mdat (Mp4 *self, GError **error)
{
  guint8 size[8];
  gboolean is_long = self->shorter.header > 8;

  if (self->shorter.type == 0)
    return TRUE;
  bytes_set (size, self->end - self->shorter.at, is_long ? 8 : 4);
  return disk_write (self->fd, self->shorter.at + (is_long ? 8 : 0), size, is_long ? 8 : 4, error)
         && disk_sync (self->fd, error);
}

/* A damaged beginning may not give an index that can be read. */
static gboolean
check_index (Mp4 *self, guint size, const MendFacts *wanted, GError **error)
{
  const FileBox box = { .at = self->end, .end = self->end + size, .header = 8 };
  g_autoptr (Mp4Movie) movie = mp4_movie_read (self->fd, &box, error);
  MendFacts facts = { 0 };

  if (movie == NULL)
    return FALSE;
  mp4_movie_describe_tables (movie, &facts);
  return (!movie->fragmented && facts.frames == wanted->frames)
         || mend_fail (error, MEND_ERROR_UNKNOWN, "its beginning is damaged");
}

static gboolean
append (Mp4 *self, const GByteArray *index, const MendFacts *facts, GError **error)
{
  if (disk_cut (self->fd, self->end, error) && disk_write (self->fd, self->end, index->data, index->len, error)
      && disk_sync (self->fd, error) && check_index (self, index->len, facts, error))
    return TRUE;
  /* On a full disk, so that others get what is free. */
  disk_cut (self->fd, self->end, NULL);
  return FALSE;
}

static gboolean
turn_into_mdat (Mp4 *self, GError **error)
{
  guint8 head[HEAD];

  bytes_set (head, 1, 4);
  bytes_set (head + 4, BOX ('m', 'd', 'a', 't'), 4);
  bytes_set (head + 8, self->end - self->movie_at, 8);
  return disk_write (self->fd, self->movie_at, head, HEAD, error) && disk_sync (self->fd, error);
}

gboolean
mp4_finish (Mp4 *self, MendFacts *facts, GError **error)
{
  if (!mp4_inspect (self, facts, error))
    return FALSE;
  if (self->finished)
    return TRUE;
  g_autoptr (GByteArray) index = mp4_index_build (self->movie->moov, self->movie->tracks);
  if (!shorten_last_mdat (self, error) || !append (self, index, facts, error) || !turn_into_mdat (self, error))
    return FALSE;
  facts->whole = TRUE;
  facts->bytes = self->end + index->len;
  return TRUE;
}
