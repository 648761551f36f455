#include "clip-writer.h"
#include "mkv-track.h"

#include <string.h>

/* What is known at the end only, SeekHead, Info and Tracks, gets its place at the beginning: H.265 parameter sets are
 * the largest part of it. */
#define RESERVED (32 * 1024)
#define CLUSTER_NS (5 * (gint64)GST_SECOND)
#define CLUSTER_BYTES (4 * 1024 * 1024)
/* 1970 to 2001, where Matroska's dates begin. */
#define EPOCH_MS (978307200 * (gint64)1000)

typedef struct
{
  gint64 ms;
  guint64 at; /* of the cluster, in the segment */
  guint track;
} Cue;

typedef struct
{
  ClipWriter writer;
  gint64 began_ms;
  guint64 size_at; /* of the segment's size */
  guint64 body;    /* where the segment's content begins */
  GByteArray *cluster;
  gint64 cluster_ms; /* -1: none is open */
  GArray *cues;      /* Cue */
} MkvWriter;

static void
append (MkvWriter *self, const GByteArray *bytes)
{
  out_file_append (self->writer.file, bytes->data, bytes->len);
}

static void
write_beginning (MkvWriter *self)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint ebml = mkv_begin (out, EBML_HEADER);

  mkv_put_text (out, 0x4282, "matroska"); /* DocType */
  mkv_put_number (out, 0x4287, 4);        /* DocTypeVersion */
  mkv_put_number (out, 0x4285, 2);        /* DocTypeReadVersion */
  mkv_end (out, ebml);
  self->body = mkv_begin (out, MKV_SEGMENT);
  self->size_at = self->body - 8;
  mkv_put_void (out, RESERVED);
  append (self, out);
}

static void
close_cluster (MkvWriter *self)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();

  if (self->cluster_ms < 0)
    return;
  bytes_put (head, MKV_CLUSTER, 4);
  ebml_put_size (head, self->cluster->len, MKV_SIZE_LENGTH);
  append (self, head);
  append (self, self->cluster);
  g_byte_array_set_size (self->cluster, 0);
  self->cluster_ms = -1;
}

/* Those with a picture to begin with; without pictures any. */
static gboolean
leads (const MkvWriter *self, const ClipFrame *frame)
{
  return frame->keyframe && (frame->media == MEDIA_VIDEO || self->writer.formats[MEDIA_VIDEO] == NULL);
}

static gboolean
needs_cluster (const MkvWriter *self, const ClipFrame *frame, gint64 ms)
{
  gboolean is_full = self->cluster->len > CLUSTER_BYTES || ABS (ms - self->cluster_ms) > CLUSTER_NS / GST_MSECOND;

  return self->cluster_ms < 0 || is_full || (frame->media == MEDIA_VIDEO && frame->keyframe);
}

static guint
number_of (const MkvWriter *self, Media media)
{
  return media == MEDIA_VIDEO || self->writer.formats[MEDIA_VIDEO] == NULL ? 1 : 2;
}

static void
open_cluster (MkvWriter *self, const ClipFrame *frame, gint64 ms)
{
  const Cue cue = { ms, out_file_position (self->writer.file) - self->body, number_of (self, frame->media) };

  self->cluster_ms = ms;
  mkv_put_number (self->cluster, MKV_CLUSTER_TIME, (guint64)ms);
  if (leads (self, frame))
    g_array_append_val (self->cues, cue);
}

static void
mkv_write (ClipWriter *writer, const ClipFrame *frame)
{
  MkvWriter *self = (MkvWriter *)writer;
  gint64 ms = (MAX (frame->pts, 0) + GST_MSECOND / 2) / (gint64)GST_MSECOND;
  GstMapInfo map;

  if (!gst_buffer_map (frame->buffer, &map, GST_MAP_READ))
    return;
  if (needs_cluster (self, frame, ms)) {
    close_cluster (self);
    open_cluster (self, frame, ms);
  }
  guint block = mkv_begin (self->cluster, MKV_SIMPLE_BLOCK);
  bytes_put (self->cluster, 0x80 | number_of (self, frame->media), 1);
  bytes_put (self->cluster, (guint64)(guint16)(gint16)(ms - self->cluster_ms), 2);
  bytes_put (self->cluster, frame->keyframe ? 0x80 : 0, 1);
  g_byte_array_append (self->cluster, map.data, (guint)map.size);
  mkv_end (self->cluster, block);
  gst_buffer_unmap (frame->buffer, &map);
}

static void
put_info (MkvWriter *self, GByteArray *out)
{
  guint info = mkv_begin (out, MKV_INFO);
  gint64 end_ns = MAX (self->writer.ends[MEDIA_VIDEO], self->writer.ends[MEDIA_AUDIO]);

  mkv_put_number (out, MKV_TIMESCALE, GST_MSECOND);
  mkv_put_float (out, MKV_DURATION, (gdouble)end_ns / GST_MSECOND);
  mkv_put_number (out, 0x4461, (guint64)((self->began_ms - EPOCH_MS) * 1000000)); /* DateUTC */
  mkv_put_text (out, 0x4d80, "dslrs");
  mkv_put_text (out, 0x5741, "dslrs " DSLRS_VERSION);
  mkv_end (out, info);
}

static void
put_tracks (MkvWriter *self, GByteArray *out)
{
  guint tracks = mkv_begin (out, MKV_TRACKS);

  for (guint i = 0; i < CLIP_TRACKS; i++)
    if (self->writer.formats[i] != NULL)
      mkv_put_track (out, self->writer.formats[i], number_of (self, (Media)i));
  mkv_end (out, tracks);
}

static void
put_seek (GByteArray *out, guint32 id, guint64 at)
{
  guint seek = mkv_begin (out, MKV_SEEK);
  guint8 name[4];

  bytes_set (name, id, sizeof name);
  mkv_put_data (out, MKV_SEEK_ID, name, sizeof name);
  mkv_put_number (out, MKV_SEEK_POSITION, at);
  mkv_end (out, seek);
}

static void
put_seek_head (GByteArray *out, guint64 info, guint64 tracks, guint64 cues)
{
  guint head = mkv_begin (out, MKV_SEEK_HEAD);

  put_seek (out, MKV_INFO, info);
  put_seek (out, MKV_TRACKS, tracks);
  put_seek (out, MKV_CUES, cues);
  mkv_end (out, head);
}

/* Its length is the same whatever the numbers are. */
static guint64
seek_head_size (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  put_seek_head (out, 0, 0, 0);
  return out->len;
}

static void
write_head (MkvWriter *self, guint64 cues)
{
  g_autoptr (GByteArray) info = g_byte_array_new ();
  g_autoptr (GByteArray) head = g_byte_array_new ();
  guint64 info_at = seek_head_size ();

  put_info (self, info);
  put_seek_head (head, info_at, info_at + info->len, cues);
  g_byte_array_append (head, info->data, info->len);
  put_tracks (self, head);
  if (head->len + 9 <= RESERVED)
    mkv_put_void (head, RESERVED - head->len);
  else
    g_warning ("the parameter sets have no room in the file");
  out_file_patch (self->writer.file, self->body, head->data, MIN (head->len, RESERVED));
}

static void
write_cues (MkvWriter *self)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint cues = mkv_begin (out, MKV_CUES);

  for (guint i = 0; i < self->cues->len; i++) {
    const Cue *cue = &g_array_index (self->cues, Cue, i);
    guint point = mkv_begin (out, MKV_CUE_POINT);
    mkv_put_number (out, MKV_CUE_TIME, (guint64)cue->ms);
    guint place = mkv_begin (out, MKV_CUE_POSITIONS);
    mkv_put_number (out, MKV_CUE_TRACK, cue->track);
    mkv_put_number (out, MKV_CUE_CLUSTER, cue->at);
    mkv_end (out, place);
    mkv_end (out, point);
  }
  mkv_end (out, cues);
  append (self, out);
}

static void
mkv_finish (ClipWriter *writer)
{
  MkvWriter *self = (MkvWriter *)writer;
  guint8 size[8];

  close_cluster (self);
  guint64 cues = out_file_position (writer->file) - self->body;
  write_cues (self);
  write_head (self, cues);
  bytes_set (size, (guint64)1 << 56 | (out_file_position (writer->file) - self->body), sizeof size);
  out_file_patch (writer->file, self->size_at, size, sizeof size);
}

static void
mkv_free (ClipWriter *writer)
{
  MkvWriter *self = (MkvWriter *)writer;

  for (guint i = 0; i < CLIP_TRACKS; i++)
    g_clear_pointer (&writer->formats[i], track_format_free);
  g_byte_array_unref (self->cluster);
  g_array_unref (self->cues);
  g_free (self);
}

ClipWriter *
mkv_writer_new (OutFile *file, gint64 began_ms)
{
  static const ClipWriterFuncs funcs = { .write = mkv_write, .finish = mkv_finish, .free = mkv_free };
  MkvWriter *self = g_new0 (MkvWriter, 1);

  self->writer.funcs = &funcs;
  self->writer.file = file;
  self->began_ms = began_ms;
  self->cluster = g_byte_array_new ();
  self->cluster_ms = -1;
  self->cues = g_array_new (FALSE, FALSE, sizeof (Cue));
  write_beginning (self);
  return &self->writer;
}
