#include "disposable.h"
#include "nal-syntax.h"

/* More is no header of a picture. */
#define MOST_UNITS 64

/* What the first slice of a picture says, for all of them. */
typedef enum
{
  NO_SLICE,
  NEEDED,
  NOT_NEEDED
} Verdict;

/* nal_unit_type and nal_ref_idc (H.264, 7.4.1). */
static Verdict
judge_h264 (const guint8 *unit)
{
  guint type = unit[0] & 0x1f;

  if (type < 1 || type > 5)
    return NO_SLICE;
  return (unit[0] & 0x60) == 0 ? NOT_NEEDED : NEEDED;
}

/* Types up to 14 that are even are of pictures that none of the same sub-layer needs (H.265, 7.4.2.2, table 7-1);
 * higher sub-layers may, so it has to be the highest. */
static Verdict
judge_h265 (const guint8 *unit, guint sub_layers)
{
  guint type = (unit[0] >> 1) & 0x3f;
  guint layer = (unit[1] & 7u); /* nuh_temporal_id_plus1 */

  if (type >= 32)
    return NO_SLICE;
  return type <= 14 && type % 2 == 0 && layer == sub_layers ? NOT_NEEDED : NEEDED;
}

static gboolean
first_slice_is_disposable (const GstMapInfo *map, guint prefix, NalSyntax syntax, guint sub_layers)
{
  gsize at = 0;

  for (guint i = 0; i < MOST_UNITS && map->size - at >= prefix + 2; i++) {
    gsize length = 0;
    for (guint n = 0; n < prefix; n++)
      length = length << 8 | map->data[at++];
    if (length < 2 || length > map->size - at)
      return FALSE;
    const guint8 *unit = map->data + at;
    Verdict verdict = syntax == NAL_H264 ? judge_h264 (unit) : judge_h265 (unit, sub_layers);
    if (verdict != NO_SLICE)
      return verdict == NOT_NEEDED;
    at += length;
  }
  return FALSE;
}

gboolean
disposable_picture (GstBuffer *buffer, const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  NalSyntax syntax;
  GstMapInfo map;

  if (!nal_syntax_of (structure, &syntax))
    return FALSE;
  guint prefix = nal_length_size (structure, syntax);
  if (prefix == 0 || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  gboolean disposable = first_slice_is_disposable (&map, prefix, syntax, nal_sub_layers (structure));
  gst_buffer_unmap (buffer, &map);
  return disposable;
}
