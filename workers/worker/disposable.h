/* Which pictures no other picture needs, by their headers. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* H.264: not a reference. H.265: not a reference of its sub-layer, which is the highest. FALSE where it cannot be told,
 * and for other encodings. `caps`: avc or hvc1, one access unit a buffer. */
gboolean disposable_picture (GstBuffer *buffer, const GstCaps *caps);

G_END_DECLS
