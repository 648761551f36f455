#include "frame-check.h"
#include "nal-syntax.h"

#include <string.h>

/* Three bytes 00 00 00, 00 00 01 or 00 00 02 never occur inside a NAL unit (H.264, 7.4.1; H.265, 7.4.2.2); zeros at its
 * end may be padding. */
static gboolean
is_escaped (const guint8 *data, gsize size)
{
  while (size > 0 && data[size - 1] == 0)
    size--;
  const guint8 *end = data + size;
  for (const guint8 *zero = memchr (data, 0, size); zero != NULL && zero + 2 < end;
       zero = memchr (zero + 1, 0, (gsize)(end - zero - 1)))
    if (zero[1] == 0 && zero[2] < 3)
      return FALSE;
  return TRUE;
}

static gboolean
header_is_sound (const guint8 *nal, gsize size, NalSyntax syntax)
{
  if ((nal[0] & 0x80) != 0)
    return FALSE;
  if (syntax == NAL_H264)
    return (nal[0] & 0x1f) != 0;
  return size >= 2 && (nal[1] & 7) != 0; /* nuh_temporal_id_plus1 */
}

/* IDR pictures of H.264, IRAP pictures of H.265. */
static gboolean
begins_anew (const guint8 *nal, NalSyntax syntax)
{
  guint type = syntax == NAL_H264 ? nal[0] & 0x1f : (nal[0] >> 1) & 0x3f;

  return syntax == NAL_H264 ? type == 5 : type >= 16 && type <= 23;
}

static FrameHealth
check_nals (const guint8 *data, gsize size, guint prefix, NalSyntax syntax)
{
  FrameHealth health = FRAME_SOUND;
  gsize at = 0;

  while (at < size) {
    gsize length = 0;
    if (size - at < prefix)
      return FRAME_DAMAGED;
    for (guint i = 0; i < prefix; i++)
      length = length << 8 | data[at++];
    if (length == 0 || length > size - at || !header_is_sound (data + at, length, syntax)
        || !is_escaped (data + at, length))
      return FRAME_DAMAGED;
    if (begins_anew (data + at, syntax))
      health = FRAME_SOUND_KEYFRAME;
    at += length;
  }
  return size > 0 ? health : FRAME_DAMAGED;
}

static FrameHealth
check_jpeg (const guint8 *data, gsize size)
{
  return size > 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff ? FRAME_SOUND_KEYFRAME : FRAME_DAMAGED;
}

static FrameHealth
check_bytes (const guint8 *data, gsize size, const GstStructure *structure)
{
  NalSyntax syntax;

  if (gst_structure_has_name (structure, "image/jpeg"))
    return check_jpeg (data, size);
  if (!nal_syntax_of (structure, &syntax))
    return FRAME_SOUND;
  guint prefix = nal_length_size (structure, syntax);
  return prefix > 0 ? check_nals (data, size, prefix, syntax) : FRAME_SOUND;
}

FrameHealth
frame_check (GstBuffer *buffer, const GstCaps *caps)
{
  GstMapInfo map;

  if (caps == NULL || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FRAME_SOUND;
  FrameHealth health = check_bytes (map.data, map.size, gst_caps_get_structure (caps, 0));
  gst_buffer_unmap (buffer, &map);
  /* The container also knows of pictures that are no IDR but need nothing before them. */
  if (health == FRAME_SOUND && !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    return FRAME_SOUND_KEYFRAME;
  return health;
}
