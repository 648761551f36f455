/* The end of RTSP clients. RTSP 1.0 has no word of the server's for it that clients understand; what they do understand
 * is an RTCP BYE, which must have come before their connection is closed: docs/decisions/0021-how-viewers-are-ended.md.
 */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* Closes the connections of those of these clients that have not done it themselves in a moment. `clients`:
 * (transfer full) (element-type GstRTSPClient), owning. On the main context. */
void farewell_close_soon (GPtrArray *clients);

G_END_DECLS
