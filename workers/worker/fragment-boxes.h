/* The boxes between the frames of an MP4 file that is written in fragments. ISO/IEC 14496-12, 8.8. */
#pragma once

#include "fragment-track.h"

G_BEGIN_DECLS

/* What stands before the first fragment: `ftyp`, and a `moov` with those tracks (FragmentTrack) that have a format.
 * (transfer full) */
GByteArray *fragment_boxes_head (const GPtrArray *tracks);

/* Appends a `moof` and the header of its `mdat`. The frames of `runs` (FragmentRun) have to follow in the same order.
 */
void fragment_boxes_add (GByteArray *out, guint32 number, const GArray *runs);

G_END_DECLS
