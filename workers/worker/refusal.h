/* Why an RTSP client does not get what it asks for. gst-rtsp-server answers a media that could not be made with a
 * status of its own choice and without a reason; this puts the true ones in their place. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* To be called for every client once. */
void refusal_watch (GstRTSPClient *client);
/* On the client's own thread, before its request is refused: the answer is `code` with the sentence `reason`, in the
 * status line and as X-Reason. */
void refusal_set (GstRTSPClient *client, GstRTSPStatusCode code, const char *reason);

G_END_DECLS
