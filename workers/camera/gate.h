/* The last place that all packets of a session pass, over TCP and UDP alike: behind the payloader and the RTP session,
 * before the transport. Here media is held back, damaged, or given wrong times, as the faults of its mount say. What is
 * left out leaves no gap in the sequence numbers: the camera did not send it, the network did not lose it. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

#include "mount.h"

G_BEGIN_DECLS

/* Puts gates into a media that is prepared. `mount` must live as long as the media. */
void gate_install (GstRTSPMedia *media, Mount *mount);

G_END_DECLS
