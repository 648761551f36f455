/* The element `dslrsmp4mux`: writes MP4 in fragments, and never waits for a frame.
 *
 * Every frame of a picture is a fragment (`moof` and `mdat`), which goes out before the frame's push returns, in one
 * buffer list whose frames are not copied. Sound goes with the next picture, or by itself when more than a tenth of a
 * second of it waits for one. The head of the file (`ftyp` and `moov`) goes out with the first frame; for that the
 * formats of all tracks have to be known, which their CAPS or their end say.
 *
 * There is no index at the end: that is made of the fragments (workers/mend). */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Lets launch texts name it. */
void fragment_muxer_register (void);

G_END_DECLS
