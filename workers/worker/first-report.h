/* A viewer's first RTCP: for each of its tracks a sender report that is there before the first RTP packet, so that
 * players know from that packet on when it was taken, and have no reason to set their clocks later:
 * docs/decisions/0031-a-sender-report-comes-first.md. The reports after it are the RTP session's own. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* Over UDP they go out before the answer to the first PLAY. To be called for every client once. */
void first_report_attend (GstRTSPClient *client);
/* And over TCP behind it: when the media begins to play, before it is given anything to send. */
void first_report_interleave (GstRTSPMedia *media);

G_END_DECLS
