#include "nal-syntax.h"

gboolean
nal_syntax_of (const GstStructure *structure, NalSyntax *syntax)
{
  *syntax = gst_structure_has_name (structure, "video/x-h265") ? NAL_H265 : NAL_H264;
  return *syntax == NAL_H265 || gst_structure_has_name (structure, "video/x-h264");
}

static gboolean
codec_data_byte (const GstStructure *structure, gsize at, guint8 *byte)
{
  const GValue *value = gst_structure_get_value (structure, "codec_data");

  return value != NULL && GST_VALUE_HOLDS_BUFFER (value)
         && gst_buffer_extract (gst_value_get_buffer (value), at, byte, 1) == 1;
}

/* avcC (ISO/IEC 14496-15, 5.3.3.1) and hvcC (8.3.3.1). */
guint
nal_length_size (const GstStructure *structure, NalSyntax syntax)
{
  guint8 byte = 0;

  return codec_data_byte (structure, syntax == NAL_H264 ? 4 : 21, &byte) ? (byte & 3u) + 1 : 0;
}

guint
nal_sub_layers (const GstStructure *structure)
{
  guint8 byte = 0;

  return codec_data_byte (structure, 21, &byte) ? byte >> 3 & 7u : 0;
}
