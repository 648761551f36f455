#include "track-format.h"
#include "encoding.h"

#include <string.h>

/* RFC 7845, 5.1: without a pre-skip, which belongs to the beginning of an encoding and not of a clip; 48 kHz. */
#define OPUS_HEAD_SIZE 18 /* before the mapping of channels */

static GBytes *
bytes_of (const GValue *value)
{
  GstMapInfo map;

  if (value == NULL || !GST_VALUE_HOLDS_BUFFER (value))
    return NULL;
  GstBuffer *buffer = gst_value_get_buffer (value);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return NULL;
  GBytes *bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return bytes;
}

/* RFC 7845, 5.1.1: which of the streams in a packet is which channel. FALSE where it is the usual mono or stereo. */
static gboolean
add_mapping (GByteArray *head, const GstStructure *structure, gint channels)
{
  const GValue *mapping = gst_structure_get_value (structure, "channel-mapping");
  gint family = 0, streams = 0, coupled = 0;

  gst_structure_get_int (structure, "channel-mapping-family", &family);
  if (family == 0 || mapping == NULL || !GST_VALUE_HOLDS_ARRAY (mapping)
      || gst_value_array_get_size (mapping) != (guint)channels
      || !gst_structure_get_int (structure, "stream-count", &streams)
      || !gst_structure_get_int (structure, "coupled-count", &coupled))
    return FALSE;
  const guint8 counts[] = { (guint8)family, (guint8)streams, (guint8)coupled };
  g_byte_array_append (head, counts, sizeof counts);
  for (guint i = 0; i < (guint)channels; i++) {
    const guint8 channel = (guint8)g_value_get_int (gst_value_array_get_value (mapping, i));
    g_byte_array_append (head, &channel, 1);
  }
  return TRUE;
}

static GBytes *
opus_head (const GstStructure *structure, gint channels)
{
  guint8 fixed[OPUS_HEAD_SIZE] = "OpusHead";
  GByteArray *head = g_byte_array_new ();

  fixed[8] = 1;
  fixed[9] = (guint8)channels;
  GST_WRITE_UINT32_LE (fixed + 12, 48000);
  g_byte_array_append (head, fixed, sizeof fixed);
  if (!add_mapping (head, structure, channels))
    g_byte_array_append (head, &(const guint8){ 0 }, 1);
  return g_byte_array_free_to_bytes (head);
}

static void
read_shape (TrackFormat *self, const GstStructure *structure)
{
  gst_structure_get_int (structure, "width", &self->width);
  gst_structure_get_int (structure, "height", &self->height);
  if (!gst_structure_get_fraction (structure, "pixel-aspect-ratio", &self->par_n, &self->par_d) || self->par_n <= 0
      || self->par_d <= 0)
    self->par_n = self->par_d = 1;
}

static void
read_sound (TrackFormat *self, const GstStructure *structure)
{
  gst_structure_get_int (structure, "rate", &self->rate);
  gst_structure_get_int (structure, "channels", &self->channels);
  if (g_str_equal (self->encoding, "opus"))
    self->rate = 48000;
  self->rate = MAX (self->rate, 1);
  self->channels = MAX (self->channels, 1);
}

/* ISO/IEC 14496-3, 1.6.2.1: containers have been seen to say other numbers than the decoder's configuration. */
static void
trust_aac_config (TrackFormat *self)
{
  static const gint rates[]
      = { 96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350 };
  gsize size = 0;
  const guint8 *config = self->codec_data != NULL ? g_bytes_get_data (self->codec_data, &size) : NULL;

  if (size < 2)
    return;
  guint rate = (config[0] & 7u) << 1 | config[1] >> 7;
  guint channels = (config[1] >> 3) & 0xf;
  if (rate < G_N_ELEMENTS (rates))
    self->rate = rates[rate];
  if (channels > 0 && channels < 8)
    self->channels = channels == 7 ? 8 : (gint)channels;
}

TrackFormat *
track_format_new (const GstCaps *caps)
{
  Encoding encoding = { 0 };

  if (!encoding_from_caps (caps, &encoding) || encoding.name == NULL)
    return NULL;
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  TrackFormat *self = g_new0 (TrackFormat, 1);
  self->media = encoding.media;
  self->encoding = encoding.name;
  if (encoding.media == MEDIA_VIDEO)
    read_shape (self, structure);
  else
    read_sound (self, structure);
  self->codec_data = g_str_equal (encoding.name, "opus") ? opus_head (structure, self->channels)
                                                         : bytes_of (gst_structure_get_value (structure, "codec_data"));
  if (g_str_equal (encoding.name, "aac"))
    trust_aac_config (self);
  return self;
}

void
track_format_free (TrackFormat *self)
{
  g_clear_pointer (&self->codec_data, g_bytes_unref);
  g_free (self);
}

TrackFormat *
track_format_copy (const TrackFormat *self)
{
  TrackFormat *copy = g_memdup2 (self, sizeof *self);

  if (copy->codec_data != NULL)
    g_bytes_ref (copy->codec_data);
  return copy;
}

/* Of AAC, some writers leave out what says at the end that there is no spectral band replication. */
static gboolean
begins_alike (GBytes *a, GBytes *b)
{
  gsize size_a, size_b;
  const guint8 *data_a = g_bytes_get_data (a, &size_a);
  const guint8 *data_b = g_bytes_get_data (b, &size_b);
  gsize size = MIN (size_a, size_b);

  return size >= 2 && memcmp (data_a, data_b, size) == 0;
}

static gboolean
same_codec_data (const TrackFormat *self, const TrackFormat *other)
{
  GBytes *a = self->codec_data;
  GBytes *b = other->codec_data;

  if (a == NULL || b == NULL)
    return a == b;
  return g_bytes_equal (a, b) || (g_str_equal (self->encoding, "aac") && begins_alike (a, b));
}

gboolean
track_format_fits (const TrackFormat *self, const TrackFormat *other)
{
  return g_str_equal (self->encoding, other->encoding) && same_codec_data (self, other) && self->width == other->width
         && self->height == other->height && self->channels == other->channels
         && (self->rate == other->rate || self->codec_data != NULL);
}
