#include "mkv.h"
#include "mkv-cluster.h"

#include <fcntl.h>

#define NOT_FILLED_IN G_MAXUINT64
#define PLACE_LENGTH 8

typedef struct
{
  int fd;
  guint64 on_disk; /* the size of the file */
  guint64 size;    /* how much of it is of interest */
  DiskWindow window;
  MkvHead head;
  MkvClusters clusters;
} Mkv;

static void
mkv_clear (Mkv *self)
{
  mkv_clusters_clear (&self->clusters);
}

/* Its size says so, and it is written last. */
static gboolean
is_finished (const Mkv *self)
{
  return self->head.segment.end == self->on_disk;
}

static guint64
duration_of (const MkvHead *head)
{
  gint64 longest = 0;

  for (guint i = 0; i < head->n_tracks; i++)
    if (head->track[i].frames > 0)
      longest = MAX (longest, head->track[i].ends - head->track[i].begins);
  return (guint64)longest;
}

static void
describe_tracks (Mkv *self, MendFacts *facts)
{
  for (guint i = 0; i < self->head.n_tracks; i++) {
    const MkvTrack *track = &self->head.track[i];

    if (track->frames == 0)
      continue;
    mend_facts_add_encoding (facts, track->encoding, track->video);
    if (track->video == mkv_head_has_video (&self->head)) {
      facts->frames = track->frames;
      facts->keyframes = track->keyframes;
    }
  }
}

/* What follows may be cues that could not be finished: they are none of what was recorded. */
static gboolean
are_cues (Mkv *self, guint64 at)
{
  Element element;

  return element_read (&self->window, at, &element) && element.id == MKV_CUES;
}

static void
describe (Mkv *self, MendFacts *facts)
{
  facts->format = "mkv";
  facts->whole = is_finished (self);
  facts->duration_ms = (guint64)((double)duration_of (&self->head) * (double)self->head.timescale / 1e6);
  facts->bytes = self->on_disk;
  if (!facts->whole && !are_cues (self, self->clusters.end))
    facts->lost_bytes = self->on_disk - self->clusters.end;
  describe_tracks (self, facts);
}

static gboolean
read_all (Mkv *self, GError **error)
{
  mkv_clear (self);
  disk_window_init (&self->window, self->fd);
  if (!mkv_head_read (&self->head, &self->window, self->size, error))
    return FALSE;
  if (self->head.end != 0)
    mkv_clusters_scan (&self->clusters, &self->head, &self->window, self->size);
  return !self->window.failed || mend_fail (error, MEND_ERROR_IO, "cannot read it");
}

/* A power cut may leave the last frames without what is in them. */
static gboolean
ends_unsound (const Mkv *self)
{
  return !is_finished (self) && self->clusters.sound_end != 0 && self->clusters.sound_end < self->clusters.end;
}

static gboolean
scan (Mkv *self, int fd, MendFacts *facts, GError **error)
{
  *self = (Mkv){ .fd = fd };
  *facts = (MendFacts){ 0 };
  if (!disk_size (fd, &self->on_disk, error))
    return FALSE;
  /* The headers of the frames are far apart. */
  posix_fadvise (fd, 0, 0, POSIX_FADV_RANDOM);
  self->size = self->on_disk;
  if (!read_all (self, error))
    return FALSE;
  if (ends_unsound (self)) {
    self->size = self->clusters.sound_end;
    if (!read_all (self, error))
      return FALSE;
  }
  if (self->head.end != 0)
    describe (self, facts);
  return facts->frames > 0 || mend_fail (error, MEND_ERROR_NO_MEDIA, "there is no whole frame in it");
}

static void
put_cue (GByteArray *out, const Mkv *self, const MkvCue *cue)
{
  g_autoptr (GByteArray) point = g_byte_array_new ();
  g_autoptr (GByteArray) positions = g_byte_array_new ();

  ebml_put_number (positions, MKV_CUE_TRACK, cue->track);
  ebml_put_number (positions, MKV_CUE_CLUSTER, cue->cluster - self->head.segment.data);
  ebml_put_number (point, MKV_CUE_TIME, cue->time);
  ebml_put_master (point, MKV_CUE_POSITIONS, positions);
  ebml_put_master (out, MKV_CUE_POINT, point);
}

static GByteArray *
build_cues (const Mkv *self)
{
  g_autoptr (GByteArray) points = g_byte_array_new ();
  GByteArray *cues = g_byte_array_new ();

  for (guint i = 0; i < self->clusters.cues->len; i++)
    put_cue (points, self, &g_array_index (self->clusters.cues, MkvCue, i));
  ebml_put_master (cues, MKV_CUES, points);
  return cues;
}

static gboolean
write_size (Mkv *self, const Element *element, guint64 end, GError **error)
{
  g_autoptr (GByteArray) size = g_byte_array_new ();

  ebml_put_size (size, end - element->data, element->size_length);
  return disk_write (self->fd, element->size_at, size->data, size->len, error);
}

static gboolean
repair_clusters (Mkv *self, GError **error)
{
  for (guint i = 0; i < self->clusters.repairs->len; i++) {
    const MkvRepair *repair = &g_array_index (self->clusters.repairs, MkvRepair, i);

    if (!write_size (self, &repair->cluster, repair->end, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
append (Mkv *self, const GByteArray *cues, GError **error)
{
  guint64 end = self->clusters.end;

  if (disk_cut (self->fd, end, error) && repair_clusters (self, error)
      && disk_write (self->fd, end, cues->data, cues->len, error) && disk_sync (self->fd, error))
    return TRUE;
  /* On a full disk, so that others get what is free. */
  disk_cut (self->fd, end, NULL);
  return FALSE;
}

/* The place that an entry of the SeekHead is to hold, or NOT_FILLED_IN when the file has no such part. */
static guint64
place_of (const Mkv *self, guint64 id)
{
  switch (id) {
  case MKV_INFO:
    return self->head.info.at - self->head.segment.data;
  case MKV_TRACKS:
    return self->head.tracks.at - self->head.segment.data;
  case MKV_CUES:
    return self->clusters.end - self->head.segment.data;
  default:
    return NOT_FILLED_IN;
  }
}

/* Makes an entry of the SeekHead that has nothing to show empty space. */
static gboolean
blank (Mkv *self, const Element *entry, GError **error)
{
  g_autoptr (GByteArray) space = g_byte_array_new ();
  guint64 size = entry->end - entry->at;

  ebml_put_id (space, EBML_VOID);
  ebml_put_size (space, size - 2, 1);
  return size > 0x7F || disk_write (self->fd, entry->at, space->data, space->len, error);
}

static gboolean
fill_in_place (Mkv *self, const Element *entry, GError **error)
{
  Element element, position = { 0 };
  guint64 id = 0;
  guint8 data[PLACE_LENGTH];

  for (guint64 at = entry->data; element_read_within (&self->window, at, entry->end, &element); at = element.end)
    if (element.id == MKV_SEEK_ID)
      id = element_number (&self->window, &element);
    else if (element.id == MKV_SEEK_POSITION)
      position = element;
  if (id == 0 || position.end - position.data != PLACE_LENGTH)
    return TRUE;
  if (place_of (self, id) == NOT_FILLED_IN)
    return blank (self, entry, error);
  bytes_set (data, place_of (self, id), PLACE_LENGTH);
  return disk_write (self->fd, position.data, data, PLACE_LENGTH, error);
}

static gboolean
fill_in_places (Mkv *self, GError **error)
{
  const Element *seek_head = &self->head.seek_head;
  Element entry;

  for (guint64 at = seek_head->data; element_read_within (&self->window, at, seek_head->end, &entry); at = entry.end)
    if (entry.id == MKV_SEEK && !fill_in_place (self, &entry, error))
      return FALSE;
  return TRUE;
}

static gboolean
fill_in_duration (Mkv *self, GError **error)
{
  const Element *element = &self->head.duration;
  union {
    double number;
    guint64 bits;
  } duration = { .number = (double)duration_of (&self->head) };
  guint8 data[8];

  if (element->id == 0 || element->end - element->data != sizeof data)
    return TRUE;
  bytes_set (data, duration.bits, sizeof data);
  return disk_write (self->fd, element->data, data, sizeof data, error);
}

static gboolean
finish (Mkv *self, MendFacts *facts, GError **error)
{
  g_autoptr (GByteArray) cues = build_cues (self);
  guint64 end = self->clusters.end + cues->len;

  if (!append (self, cues, error) || !fill_in_places (self, error) || !fill_in_duration (self, error)
      || !disk_sync (self->fd, error))
    return FALSE;
  if (!write_size (self, &self->head.segment, end, error) || !disk_sync (self->fd, error))
    return FALSE;
  facts->whole = TRUE;
  facts->bytes = end;
  return TRUE;
}

gboolean
mkv_inspect (int fd, MendFacts *facts, GError **error)
{
  Mkv self;
  gboolean done = scan (&self, fd, facts, error);

  mkv_clear (&self);
  return done;
}

gboolean
mkv_finish (int fd, MendFacts *facts, GError **error)
{
  Mkv self;
  gboolean done = scan (&self, fd, facts, error) && (facts->whole || finish (&self, facts, error));

  mkv_clear (&self);
  return done;
}
