/* Encoded silence, to fill the end of a loop where a file's sound is shorter than its picture. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* One frame that decodes to as much as `like`, without times; NULL where the encoding or its layout has no simple one.
 * (transfer full) */
GstBuffer *silence_new (const char *encoding, GstCaps *caps, GstBuffer *like);

G_END_DECLS
