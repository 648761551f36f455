/* How NAL units lie in the frames of H.264 (avc) and H.265 (hvc1), as their caps say. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  NAL_H264,
  NAL_H265
} NalSyntax;

/* FALSE for other encodings. */
gboolean nal_syntax_of (const GstStructure *structure, NalSyntax *syntax);
/* Bytes of a unit's length; 0 where it is not known. */
guint nal_length_size (const GstStructure *structure, NalSyntax syntax);
/* Temporal sub-layers of H.265; 0 where it is not known. */
guint nal_sub_layers (const GstStructure *structure);

G_END_DECLS
