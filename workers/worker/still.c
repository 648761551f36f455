#include "still.h"

#define DURATION GST_SECOND

/* ITU-T H.265, table 7-1. */
#define CRA_NUT 21
#define BLA_N_LP 18
/* Of HEVCDecoderConfigurationRecord (ISO/IEC 14496-15): the size of the lengths, less one, in its lowest two bits. */
#define LENGTH_SIZE_AT 21

static gsize
length_size (const GstStructure *caps)
{
  const GValue *value = gst_structure_get_value (caps, "codec_data");
  guint8 byte = 3;

  if (value != NULL)
    gst_buffer_extract (gst_value_get_buffer (value), LENGTH_SIZE_AT, &byte, 1);
  return (byte & 3) + 1;
}

static void
replace_cra (guint8 *data, gsize size, gsize prefix)
{
  gsize at = 0;

  while (at + prefix < size) {
    gsize length = 0;

    for (gsize i = 0; i < prefix; i++)
      length = length << 8 | data[at + i];
    guint8 *header = data + at + prefix;
    if ((*header >> 1 & 0x3f) == CRA_NUT)
      *header = (guint8)((*header & 0x81) | BLA_N_LP << 1);
    if (length > size - at - prefix)
      return;
    at += prefix + length;
  }
}

/* A clean random access picture does not begin a sequence of its own, and two in a row would be the same picture of one
 * sequence. As a broken link access picture, which is otherwise the same, it does. */
static GstBuffer *
with_broken_link (GstBuffer *buffer, const GstStructure *caps)
{
  GstBuffer *copy = gst_buffer_copy_deep (buffer);
  GstMapInfo map;

  if (gst_buffer_map (copy, &map, GST_MAP_READWRITE)) {
    replace_cra (map.data, map.size, length_size (caps));
    gst_buffer_unmap (copy, &map);
  }
  return copy;
}

HubFrame *
still_new (const HubFrame *keyframe, GstClockTime time)
{
  HubFrame *still = frame_at (keyframe, time, DURATION);
  const GstStructure *caps = gst_caps_get_structure (still->caps, 0);

  if (gst_structure_has_name (caps, "video/x-h265")) {
    GstBuffer *copy = with_broken_link (still->buffer, caps);
    gst_buffer_unref (still->buffer);
    still->buffer = copy;
  }
  return still;
}
