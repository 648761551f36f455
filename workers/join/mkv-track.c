#include "mkv-track.h"

/* Numbers are ids of elements: RFC 9559. */
#define OPUS_SEEK_PREROLL_NS 80000000

static const char *
codec_id (const TrackFormat *format)
{
  static const char *const ids[][2] = {
    { "h264", "V_MPEG4/ISO/AVC" }, { "h265", "V_MPEGH/ISO/HEVC" }, { "jpeg", "V_MJPEG" },  { "aac", "A_AAC" },
    { "opus", "A_OPUS" },          { "pcma", "A_MS/ACM" },         { "pcmu", "A_MS/ACM" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    if (g_str_equal (ids[i][0], format->encoding))
      return ids[i][1];
  g_return_val_if_reached ("");
}

/* G.711 is described as in a WAV file: WAVEFORMATEX, little endian. */
static void
put_wave_format (GByteArray *out, const TrackFormat *format)
{
  guint8 wave[18] = { 0 };

  GST_WRITE_UINT16_LE (wave, g_str_equal (format->encoding, "pcma") ? 6 : 7);
  GST_WRITE_UINT16_LE (wave + 2, (guint16)format->channels);
  GST_WRITE_UINT32_LE (wave + 4, (guint32)format->rate);
  GST_WRITE_UINT32_LE (wave + 8, (guint32)(format->rate * format->channels));
  GST_WRITE_UINT16_LE (wave + 12, (guint16)format->channels);
  GST_WRITE_UINT16_LE (wave + 14, 8);
  mkv_put_data (out, MKV_CODEC_PRIVATE, wave, sizeof wave);
}

static void
put_private (GByteArray *out, const TrackFormat *format)
{
  gsize size = 0;

  if (g_str_has_prefix (format->encoding, "pcm")) {
    put_wave_format (out, format);
  } else if (format->codec_data != NULL) {
    const guint8 *data = g_bytes_get_data (format->codec_data, &size);
    mkv_put_data (out, MKV_CODEC_PRIVATE, data, size);
  }
}

static void
put_video (GByteArray *out, const TrackFormat *format)
{
  guint video = mkv_begin (out, 0xe0);

  mkv_put_number (out, 0xb0, (guint64)format->width);
  mkv_put_number (out, 0xba, (guint64)format->height);
  mkv_put_number (out, 0x54b0, (guint64)format->width * (guint64)format->par_n / (guint64)format->par_d); /* display */
  mkv_put_number (out, 0x54ba, (guint64)format->height);
  mkv_end (out, video);
}

static void
put_audio (GByteArray *out, const TrackFormat *format)
{
  guint audio = mkv_begin (out, 0xe1);

  mkv_put_float (out, 0xb5, format->rate);
  mkv_put_number (out, 0x9f, (guint64)format->channels);
  mkv_end (out, audio);
}

void
mkv_put_track (GByteArray *out, const TrackFormat *format, guint number)
{
  guint entry = mkv_begin (out, MKV_TRACK_ENTRY);

  mkv_put_number (out, MKV_TRACK_NUMBER, number);
  mkv_put_number (out, 0x73c5, number); /* UID */
  mkv_put_number (out, MKV_TRACK_TYPE, format->media == MEDIA_VIDEO ? 1 : 2);
  mkv_put_number (out, 0x9c, 0); /* no lacing */
  mkv_put_text (out, MKV_CODEC_ID, codec_id (format));
  put_private (out, format);
  if (g_str_equal (format->encoding, "opus"))
    mkv_put_number (out, 0x56bb, OPUS_SEEK_PREROLL_NS);
  if (format->media == MEDIA_VIDEO)
    put_video (out, format);
  else
    put_audio (out, format);
  mkv_end (out, entry);
}
