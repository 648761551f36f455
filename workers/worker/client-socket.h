/* Ends an RTSP client from any thread: by its socket, because gst_rtsp_client_close() may only be called where the
 * client's own thread is not reading. The client finds the connection closed and does the rest itself. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

void client_socket_set (GstRTSPClient *client, GSocket *socket);
void client_socket_shut (GstRTSPClient *client);

G_END_DECLS
