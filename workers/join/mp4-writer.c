#include "clip-writer.h"
#include "mp4-index.h"
#include "mp4-skeleton.h"

#define MOVIE_TIMESCALE 1000
#define VIDEO_TIMESCALE 90000
/* Of a 64-bit mdat: length 1, type, length. */
#define MDAT_HEADER 16

typedef struct
{
  gint64 pts;
  guint64 at;
  guint32 size;
  gboolean keyframe;
} Sample;

typedef struct
{
  ClipWriter writer;
  guint64 mdat;
  GArray *samples[CLIP_TRACKS]; /* Sample, in decode order */
} Mp4Writer;

static void
mp4_write (ClipWriter *writer, const ClipFrame *frame)
{
  Mp4Writer *self = (Mp4Writer *)writer;
  const Sample sample = {
    .pts = frame->pts,
    .at = out_file_position (writer->file),
    .size = (guint32)gst_buffer_get_size (frame->buffer),
    .keyframe = frame->keyframe,
  };

  g_array_append_val (self->samples[frame->media], sample);
  out_file_append_buffer (writer->file, frame->buffer);
}

static guint32
timescale_of (const TrackFormat *format)
{
  return format->media == MEDIA_VIDEO ? VIDEO_TIMESCALE : (guint32)format->rate;
}

static gint64
scaled (gint64 time, guint32 timescale)
{
  return (gint64)gst_util_uint64_scale_round ((guint64)MAX (time, 0), timescale, GST_SECOND);
}

static int
by_time (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *)a;
  gint64 right = *(const gint64 *)b;

  return left < right ? -1 : left > right;
}

/* Decode times that rise strictly: the presentation times in order. */
static GArray *
decode_times (const GArray *samples, guint32 timescale)
{
  GArray *times = g_array_sized_new (FALSE, FALSE, sizeof (gint64), samples->len);

  for (guint i = 0; i < samples->len; i++) {
    gint64 time = scaled (g_array_index (samples, Sample, i).pts, timescale);
    g_array_append_val (times, time);
  }
  g_array_sort (times, by_time);
  for (guint i = 1; i < times->len; i++) {
    gint64 *time = &g_array_index (times, gint64, i);
    *time = MAX (*time, g_array_index (times, gint64, i - 1) + 1);
  }
  return times;
}

/* By how much a frame is decoded too late for its presentation, at most: all of the file is shown that much later. */
static gint64
delay_of (const GArray *samples, const GArray *decoded, guint32 timescale)
{
  gint64 delay = 0;

  for (guint i = 0; i < samples->len; i++) {
    gint64 pts = scaled (g_array_index (samples, Sample, i).pts, timescale);
    delay = MAX (delay, g_array_index (decoded, gint64, i) - pts);
  }
  return delay;
}

static void
add_sample (Mp4Samples *table, const Sample *sample, const Sample *before, const Mp4Sample *entry)
{
  /* Readers seek to chunks. */
  gboolean follows = before != NULL && before->at + before->size == sample->at && !sample->keyframe;

  if (!follows)
    mp4_samples_begin_chunk (table, sample->at);
  mp4_samples_add (table, entry);
}

static void
fill_table (Mp4Samples *table, const GArray *samples, const GArray *decoded, gint64 end, gint64 delay,
            guint32 timescale)
{
  for (guint i = 0; i < samples->len; i++) {
    const Sample *sample = &g_array_index (samples, Sample, i);
    gint64 dts = g_array_index (decoded, gint64, i);
    gint64 next = i + 1 < samples->len ? g_array_index (decoded, gint64, i + 1) : MAX (end, dts + 1);
    const Mp4Sample entry = {
      .size = sample->size,
      .duration = (guint32)MIN (next - dts, G_MAXINT32),
      .shown = (gint32)(scaled (sample->pts, timescale) + delay - dts),
      .keyframe = sample->keyframe,
    };

    add_sample (table, sample, i > 0 ? sample - 1 : NULL, &entry);
  }
}

static gint64
add_track (Mp4Writer *self, Media media, gint64 delay_ns, GByteArray *moov, GArray *tracks)
{
  const TrackFormat *format = self->writer.formats[media];
  const GArray *samples = self->samples[media];

  if (format == NULL || samples->len == 0)
    return delay_ns;
  Mp4Track track = { .id = tracks->len + 1, .timescale = timescale_of (format), .video = media == MEDIA_VIDEO };
  g_autoptr (GArray) decoded = decode_times (samples, track.timescale);
  gint64 delay = scaled (delay_ns, track.timescale);
  if (media == MEDIA_VIDEO)
    delay = delay_of (samples, decoded, track.timescale);
  else
    track.begins = (guint64)(g_array_index (decoded, gint64, 0) + delay);
  mp4_samples_init (&track.samples);
  fill_table (&track.samples, samples, decoded, scaled (self->writer.ends[media], track.timescale),
              media == MEDIA_VIDEO ? delay : 0, track.timescale);
  mp4_skeleton_add_track (moov, track.id, format, track.timescale);
  g_array_append_val (tracks, track);
  return (gint64)gst_util_uint64_scale_round ((guint64)delay, GST_SECOND, track.timescale);
}

/* Where its trak lies is known once the skeleton no longer grows. */
static void
find_traks (GArray *tracks, Span moov)
{
  Box box;

  for (guint i = 0; box_next (&moov, &box);)
    if (box.type == BOX ('t', 'r', 'a', 'k'))
      g_array_index (tracks, Mp4Track, i++).trak = box.body;
}

static void
clear_track (gpointer track)
{
  mp4_samples_clear (&((Mp4Track *)track)->samples);
}

static void
mp4_finish (ClipWriter *writer)
{
  Mp4Writer *self = (Mp4Writer *)writer;
  g_autoptr (GByteArray) skeleton = mp4_skeleton_new (MOVIE_TIMESCALE, CLIP_TRACKS);
  g_autoptr (GArray) tracks = g_array_new (FALSE, FALSE, sizeof (Mp4Track));
  guint8 length[8];

  g_array_set_clear_func (tracks, clear_track);
  gint64 delay = add_track (self, MEDIA_VIDEO, 0, skeleton, tracks);
  add_track (self, MEDIA_AUDIO, delay, skeleton, tracks);
  const Span span = { skeleton->data, skeleton->len };
  find_traks (tracks, span);
  g_autoptr (GByteArray) moov = mp4_index_build (span, tracks);
  bytes_set (length, out_file_position (writer->file) - self->mdat, sizeof length);
  out_file_append (writer->file, moov->data, moov->len);
  out_file_patch (writer->file, self->mdat + MDAT_HEADER - sizeof length, length, sizeof length);
}

static void
mp4_free (ClipWriter *writer)
{
  Mp4Writer *self = (Mp4Writer *)writer;

  for (guint i = 0; i < CLIP_TRACKS; i++) {
    g_clear_pointer (&writer->formats[i], track_format_free);
    g_array_unref (self->samples[i]);
  }
  g_free (self);
}

static void
write_beginning (Mp4Writer *self)
{
  static const guint32 brands[] = { BOX ('i', 's', 'o', 'm'), BOX ('m', 'p', '4', '1'), BOX ('m', 'p', '4', '2') };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint ftyp = box_begin (out, BOX ('f', 't', 'y', 'p'));

  bytes_put (out, BOX ('m', 'p', '4', '2'), 4);
  bytes_put (out, 0, 4);
  for (guint i = 0; i < G_N_ELEMENTS (brands); i++)
    bytes_put (out, brands[i], 4);
  box_end (out, ftyp);
  self->mdat = out->len;
  bytes_put (out, 1, 4);
  bytes_put (out, BOX ('m', 'd', 'a', 't'), 4);
  bytes_put (out, MDAT_HEADER, 8);
  out_file_append (self->writer.file, out->data, out->len);
}

ClipWriter *
mp4_writer_new (OutFile *file)
{
  static const ClipWriterFuncs funcs = { .write = mp4_write, .finish = mp4_finish, .free = mp4_free };
  Mp4Writer *self = g_new0 (Mp4Writer, 1);

  self->writer.funcs = &funcs;
  self->writer.file = file;
  for (guint i = 0; i < CLIP_TRACKS; i++)
    self->samples[i] = g_array_new (FALSE, FALSE, sizeof (Sample));
  write_beginning (self);
  return &self->writer;
}
