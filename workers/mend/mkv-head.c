#include "mkv-head.h"

#define LONGEST_CODEC_ID 32
#define VIDEO 1
#define USUAL_TIMESCALE 1000000
#define WAVE_ALAW 6
#define WAVE_MULAW 7
/* Where a BITMAPINFOHEADER has the letters of the encoding. */
#define BITMAP_FOURCC 16
#define FOURCC_MJPG 0x4D4A5047

static const struct
{
  const char *id;
  const char *encoding;
} codecs[] = {
  { "V_MPEG4/ISO/AVC", "h264" }, { "V_MPEGH/ISO/HEVC", "h265" }, { "V_MJPEG", "jpeg" }, { "A_AAC", "aac" },
  { "A_OPUS", "opus" },
};

/* The format's number in a WAVEFORMATEX, which is little endian. */
static const char *
encoding_of_wave (DiskWindow *window, const Element *private)
{
  const guint8 *data = private->id != 0 ? disk_window_at (window, private->data, 2) : NULL;

  if (data == NULL || data[1] != 0)
    return NULL;
  return data[0] == WAVE_ALAW ? "pcma" : data[0] == WAVE_MULAW ? "pcmu" : NULL;
}

static const char *
encoding_of_bitmap (DiskWindow *window, const Element *private)
{
  const guint8 *data = private->id != 0 ? disk_window_at (window, private->data + BITMAP_FOURCC, 4) : NULL;

  return data != NULL && bytes_u32 (data) == FOURCC_MJPG ? "jpeg" : NULL;
}

static const char *
encoding_of (DiskWindow *window, const Element *codec, const Element *private)
{
  gsize size = MIN (codec->end - codec->data, LONGEST_CODEC_ID);
  const guint8 *data = disk_window_at (window, codec->data, size);
  g_autofree char *id = data != NULL ? g_strndup ((const char *)data, size) : g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (g_str_has_prefix (id, codecs[i].id))
      return codecs[i].encoding;
  if (g_str_equal (id, "V_MS/VFW/FOURCC"))
    return encoding_of_bitmap (window, private);
  return g_str_equal (id, "A_MS/ACM") ? encoding_of_wave (window, private) : NULL;
}

static void
read_track (MkvHead *self, DiskWindow *window, const Element *entry)
{
  MkvTrack *track = &self->track[self->n_tracks++];
  Element element, codec = { 0 }, private = { 0 };

  for (guint64 at = entry->data; element_read_within (window, at, entry->end, &element); at = element.end)
    if (element.id == MKV_TRACK_NUMBER)
      track->number = element_number (window, &element);
    else if (element.id == MKV_TRACK_TYPE)
      track->video = element_number (window, &element) == VIDEO;
    else if (element.id == MKV_DEFAULT_DURATION)
      track->default_duration = element_number (window, &element) / self->timescale;
    else if (element.id == MKV_CODEC_ID)
      codec = element;
    else if (element.id == MKV_CODEC_PRIVATE)
  private = element;
  track->encoding = encoding_of (window, &codec, &private);
}

static void
read_tracks (MkvHead *self, DiskWindow *window)
{
  Element element;

  for (guint64 at = self->tracks.data; element_read_within (window, at, self->tracks.end, &element); at = element.end)
    if (element.id == MKV_TRACK_ENTRY && self->n_tracks < MEND_MAX_TRACKS)
      read_track (self, window, &element);
}

static void
read_info (MkvHead *self, DiskWindow *window)
{
  Element element;

  self->timescale = USUAL_TIMESCALE;
  for (guint64 at = self->info.data; element_read_within (window, at, self->info.end, &element); at = element.end)
    if (element.id == MKV_TIMESCALE)
      self->timescale = MAX (1, element_number (window, &element));
    else if (element.id == MKV_DURATION)
      self->duration = element;
}

/* What comes before the first cluster. */
static void
find_parts (MkvHead *self, DiskWindow *window, guint64 size)
{
  Element element;
  guint64 at = self->segment.data;

  while (element_read_within (window, at, size, &element) && element.id != MKV_CLUSTER) {
    if (element.id == MKV_SEEK_HEAD)
      self->seek_head = element;
    else if (element.id == MKV_INFO)
      self->info = element;
    else if (element.id == MKV_TRACKS)
      self->tracks = element;
    at = element.end;
    if (self->tracks.id != 0)
      self->end = at;
  }
}

gboolean
mkv_head_read (MkvHead *self, DiskWindow *window, guint64 size, GError **error)
{
  Element ebml;

  *self = (MkvHead){ 0 };
  if (!element_read (window, 0, &ebml) || ebml.end >= size || !element_read (window, ebml.end, &self->segment))
    return TRUE;
  if (self->segment.id != MKV_SEGMENT || self->segment.size_length != 8)
    return mend_fail (error, MEND_ERROR_UNKNOWN, "it is no MKV file of our making");
  find_parts (self, window, size);
  read_info (self, window);
  read_tracks (self, window);
  return TRUE;
}

MkvTrack *
mkv_head_find (MkvHead *self, guint64 number)
{
  for (guint i = 0; i < self->n_tracks; i++)
    if (self->track[i].number == number)
      return &self->track[i];
  return NULL;
}

gboolean
mkv_head_has_video (const MkvHead *self)
{
  for (guint i = 0; i < self->n_tracks; i++)
    if (self->track[i].video)
      return TRUE;
  return FALSE;
}
