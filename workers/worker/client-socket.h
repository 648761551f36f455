/* What an RTSP client came with. Ends it from any thread: by its socket, because gst_rtsp_client_close() may only be
 * called where the client's own thread is not reading. The client finds the connection closed and does the rest itself.
 */
#pragma once

#include "newcomer.h"

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* `socket` is that of `newcomer`, whose connection with the router goes over to the client. */
void client_socket_set (GstRTSPClient *client, GSocket *socket, Newcomer *newcomer);
void client_socket_shut (GstRTSPClient *client);
/* Whether what it says comes through TLS. */
gboolean client_socket_is_tls (GstRTSPClient *client);

G_END_DECLS
