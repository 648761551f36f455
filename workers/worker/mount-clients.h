/* How clients come to the viewers of mounts: who may listen to a group, and who has begun to play or has left. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* To be called for every client once. */
void mount_clients_attend (GstRTSPClient *client);

G_END_DECLS
