/* An element behind a video payloader: the RTP packets of a picture leave it as one list. Payloaders send one for each
 * NAL unit, and each list costs gst-rtsp-server a change of threads and a system call.
 *
 * It also says in the caps, and so in the description, that keyframes can be asked for. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

G_DECLARE_FINAL_TYPE (FramePacker, frame_packer, FRAME, PACKER, GstElement)

/* (transfer floating) */
GstElement *frame_packer_new (void);

G_END_DECLS
