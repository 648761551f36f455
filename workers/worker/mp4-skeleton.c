#include "mp4-skeleton.h"
#include "box.h"

#define UNITY 0x10000
#define UNDETERMINED 0x55c4 /* the language "und" */

static void
put_zeros (GByteArray *out, guint n)
{
  for (guint i = 0; i < n; i++)
    bytes_put (out, 0, 1);
}

static guint
begin_full (GByteArray *out, guint32 type, guint32 flags)
{
  guint begun = box_begin (out, type);

  bytes_put (out, flags, 4);
  return begun;
}

static void
put_matrix (GByteArray *out)
{
  static const guint32 identity[9] = { UNITY, 0, 0, 0, UNITY, 0, 0, 0, 0x40000000 };

  for (guint i = 0; i < G_N_ELEMENTS (identity); i++)
    bytes_put (out, identity[i], 4);
}

GByteArray *
mp4_skeleton_new (guint32 timescale, guint n_tracks)
{
  GByteArray *out = g_byte_array_new ();
  guint mvhd = begin_full (out, BOX ('m', 'v', 'h', 'd'), 0);

  put_zeros (out, 8);
  bytes_put (out, timescale, 4);
  put_zeros (out, 4);
  bytes_put (out, UNITY, 4);
  bytes_put (out, 0x0100, 2); /* full volume */
  put_zeros (out, 10);
  put_matrix (out);
  put_zeros (out, 24);
  bytes_put (out, n_tracks + 1, 4); /* the number of the next one */
  box_end (out, mvhd);
  return out;
}

static void
put_tkhd (GByteArray *out, guint32 id, const TrackFormat *format)
{
  const guint32 enabled_in_movie = 3;
  guint tkhd = begin_full (out, BOX ('t', 'k', 'h', 'd'), enabled_in_movie);
  guint64 width = format->media == MEDIA_VIDEO ? (guint64)format->width * UNITY : 0;

  if (format->media == MEDIA_VIDEO)
    width = width * (guint64)format->par_n / (guint64)format->par_d;
  put_zeros (out, 8);
  bytes_put (out, id, 4);
  put_zeros (out, 4 + 4 + 8 + 4);
  bytes_put (out, format->media == MEDIA_AUDIO ? 0x0100 : 0, 2);
  put_zeros (out, 2);
  put_matrix (out);
  bytes_put (out, width, 4);
  bytes_put (out, (guint64)format->height * UNITY, 4);
  box_end (out, tkhd);
}

static void
put_mdhd (GByteArray *out, guint32 timescale)
{
  guint mdhd = begin_full (out, BOX ('m', 'd', 'h', 'd'), 0);

  put_zeros (out, 8);
  bytes_put (out, timescale, 4);
  put_zeros (out, 4);
  bytes_put (out, UNDETERMINED, 2);
  put_zeros (out, 2);
  box_end (out, mdhd);
}

static void
put_hdlr (GByteArray *out, Media media)
{
  guint hdlr = begin_full (out, BOX ('h', 'd', 'l', 'r'), 0);

  put_zeros (out, 4);
  bytes_put (out, media == MEDIA_VIDEO ? BOX ('v', 'i', 'd', 'e') : BOX ('s', 'o', 'u', 'n'), 4);
  put_zeros (out, 12 + 1);
  box_end (out, hdlr);
}

static void
put_data (GByteArray *out, guint32 type, GBytes *data)
{
  gsize size = 0;
  guint begun = box_begin (out, type);

  if (data != NULL) {
    const guint8 *bytes = g_bytes_get_data (data, &size);
    g_byte_array_append (out, bytes, (guint)size);
  }
  box_end (out, begun);
}

static void
put_video_entry (GByteArray *out, const TrackFormat *format)
{
  gboolean is_h264 = g_str_equal (format->encoding, "h264");
  guint entry = box_begin (out, is_h264 ? BOX ('a', 'v', 'c', '1') : BOX ('h', 'v', 'c', '1'));

  put_zeros (out, 6);
  bytes_put (out, 1, 2);
  put_zeros (out, 16);
  bytes_put (out, (guint64)format->width, 2);
  bytes_put (out, (guint64)format->height, 2);
  bytes_put (out, 0x00480000, 4); /* 72 dpi */
  bytes_put (out, 0x00480000, 4);
  put_zeros (out, 4);
  bytes_put (out, 1, 2); /* frame a sample */
  put_zeros (out, 32);
  bytes_put (out, 24, 2); /* bits a pixel */
  bytes_put (out, 0xffff, 2);
  put_data (out, is_h264 ? BOX ('a', 'v', 'c', 'C') : BOX ('h', 'v', 'c', 'C'), format->codec_data);
  guint pasp = box_begin (out, BOX ('p', 'a', 's', 'p'));
  bytes_put (out, (guint64)format->par_n, 4);
  bytes_put (out, (guint64)format->par_d, 4);
  box_end (out, pasp);
  box_end (out, entry);
}

/* A descriptor of ISO/IEC 14496-1, 7.2.2 is below 128 bytes here: one byte of length, set by end_descriptor(). */
static guint
begin_descriptor (GByteArray *out, guint8 tag)
{
  bytes_put (out, tag, 1);
  bytes_put (out, 0, 1);
  return out->len;
}

static void
end_descriptor (GByteArray *out, guint begun)
{
  out->data[begun - 1] = (guint8)(out->len - begun);
}

static void
put_esds (GByteArray *out, const TrackFormat *format)
{
  const guint8 aac = 0x40;
  const guint8 audio_stream = 0x15;
  gsize size = 0;
  const guint8 *config = format->codec_data != NULL ? g_bytes_get_data (format->codec_data, &size) : NULL;
  guint esds = begin_full (out, BOX ('e', 's', 'd', 's'), 0);
  guint es = begin_descriptor (out, 3);

  put_zeros (out, 3);
  guint decoder = begin_descriptor (out, 4);
  bytes_put (out, aac, 1);
  bytes_put (out, audio_stream, 1);
  put_zeros (out, 3 + 4 + 4);
  guint specific = begin_descriptor (out, 5);
  if (config != NULL)
    g_byte_array_append (out, config, (guint)MIN (size, 64));
  end_descriptor (out, specific);
  end_descriptor (out, decoder);
  guint sync = begin_descriptor (out, 6);
  bytes_put (out, 2, 1);
  end_descriptor (out, sync);
  end_descriptor (out, es);
  box_end (out, esds);
}

/* "Encapsulation of Opus in ISO Base Media File Format", 4.3.2: what follows the version in the head of RFC 7845, the
 * numbers the other way round. */
static void
put_dops (GByteArray *out, const TrackFormat *format)
{
  gsize size = 0;
  const guint8 *head = g_bytes_get_data (format->codec_data, &size);
  guint dops = box_begin (out, BOX ('d', 'O', 'p', 's'));

  bytes_put (out, 0, 1);
  bytes_put (out, head[9], 1);
  bytes_put (out, GST_READ_UINT16_LE (head + 10), 2);
  bytes_put (out, GST_READ_UINT32_LE (head + 12), 4);
  bytes_put (out, GST_READ_UINT16_LE (head + 16), 2);
  g_byte_array_append (out, head + 18, (guint)(size - 18));
  box_end (out, dops);
}

static void
put_audio_entry (GByteArray *out, const TrackFormat *format)
{
  gboolean is_aac = g_str_equal (format->encoding, "aac");
  guint entry = box_begin (out, is_aac ? BOX ('m', 'p', '4', 'a') : BOX ('O', 'p', 'u', 's'));

  put_zeros (out, 6);
  bytes_put (out, 1, 2);
  put_zeros (out, 8);
  bytes_put (out, (guint64)format->channels, 2);
  bytes_put (out, 16, 2);
  put_zeros (out, 4);
  bytes_put (out, format->rate <= G_MAXUINT16 ? (guint64)format->rate << 16 : 0, 4);
  if (is_aac)
    put_esds (out, format);
  else
    put_dops (out, format);
  box_end (out, entry);
}

/* Tables without an entry: their absence is an error. */
static void
put_tables (GByteArray *out)
{
  static const guint32 types[] = { BOX ('s', 't', 't', 's'), BOX ('s', 't', 's', 'c'), BOX ('s', 't', 'c', 'o') };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    guint table = begin_full (out, types[i], 0);
    bytes_put (out, 0, 4);
    box_end (out, table);
  }
  guint stsz = begin_full (out, BOX ('s', 't', 's', 'z'), 0);
  put_zeros (out, 4 + 4);
  box_end (out, stsz);
}

static void
put_stbl (GByteArray *out, const TrackFormat *format)
{
  guint stbl = box_begin (out, BOX ('s', 't', 'b', 'l'));
  guint stsd = begin_full (out, BOX ('s', 't', 's', 'd'), 0);

  bytes_put (out, 1, 4);
  if (format->media == MEDIA_VIDEO)
    put_video_entry (out, format);
  else
    put_audio_entry (out, format);
  box_end (out, stsd);
  put_tables (out);
  box_end (out, stbl);
}

static void
put_minf (GByteArray *out, const TrackFormat *format)
{
  guint minf = box_begin (out, BOX ('m', 'i', 'n', 'f'));
  gboolean is_video = format->media == MEDIA_VIDEO;
  guint header = begin_full (out, is_video ? BOX ('v', 'm', 'h', 'd') : BOX ('s', 'm', 'h', 'd'), is_video ? 1 : 0);

  put_zeros (out, is_video ? 8 : 4);
  box_end (out, header);
  guint dinf = box_begin (out, BOX ('d', 'i', 'n', 'f'));
  guint dref = begin_full (out, BOX ('d', 'r', 'e', 'f'), 0);
  bytes_put (out, 1, 4);
  box_end (out, begin_full (out, BOX ('u', 'r', 'l', ' '), 1)); /* 1: in this file */
  box_end (out, dref);
  box_end (out, dinf);
  put_stbl (out, format);
  box_end (out, minf);
}

void
mp4_skeleton_add_track (GByteArray *moov, guint32 id, const TrackFormat *format, guint32 timescale)
{
  guint trak = box_begin (moov, BOX ('t', 'r', 'a', 'k'));

  put_tkhd (moov, id, format);
  guint mdia = box_begin (moov, BOX ('m', 'd', 'i', 'a'));
  put_mdhd (moov, timescale);
  put_hdlr (moov, format->media);
  put_minf (moov, format);
  box_end (moov, mdia);
  box_end (moov, trak);
}
