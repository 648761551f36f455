#include "sound-clock.h"

/* Below what anybody hears, above what containers and clocks are off. */
#define SEAM_NS (10 * (gint64)GST_MSECOND)
#define AAC_SAMPLES 1024

gboolean
sound_clock_place (SoundClock *self, gint64 wanted, gint64 duration, gint64 *placed)
{
  /* The first one of an MP4 file by an earlier version stands at its beginning, wherever it belongs. */
  gint64 seam = self->first_of_file ? MAX (duration, SEAM_NS) : SEAM_NS;

  self->first_of_file = FALSE;
  *placed = self->runs && ABS (wanted - self->next) <= seam ? self->next : MAX (wanted, 0);
  if (self->runs && *placed <= self->newest + duration / 2)
    return FALSE;
  self->runs = TRUE;
  self->newest = *placed;
  self->next = *placed + duration;
  return TRUE;
}

/* RFC 6716, 3.1: microseconds a frame by the configuration, and the number of frames. */
static gint64
opus_duration (GstBuffer *buffer)
{
  static const guint16 silk[] = { 10000, 20000, 40000, 60000 };
  static const guint16 hybrid[] = { 10000, 20000 };
  static const guint16 celt[] = { 2500, 5000, 10000, 20000 };
  guint8 head[2] = { 0 };

  gst_buffer_extract (buffer, 0, head, sizeof head);
  guint config = head[0] >> 3;
  guint us = config < 12 ? silk[config & 3] : config < 16 ? hybrid[config & 1] : celt[config & 3];
  guint code = head[0] & 3;
  guint frames = code == 0 ? 1 : code == 3 ? MAX (1, head[1] & 0x3f) : 2;
  return (gint64)us * frames * 1000;
}

gint64
sound_duration (const TrackFormat *format, GstBuffer *buffer)
{
  if (g_str_equal (format->encoding, "opus"))
    return opus_duration (buffer);
  if (g_str_equal (format->encoding, "aac"))
    return (gint64)gst_util_uint64_scale_round (AAC_SAMPLES, GST_SECOND, (guint64)format->rate);
  return (gint64)gst_util_uint64_scale_round (gst_buffer_get_size (buffer), GST_SECOND,
                                              (guint64)format->rate * (guint64)format->channels);
}
