/* What can be done to the connections of a mount as a whole. */
#pragma once

#include "camera.h"

G_BEGIN_DECLS

/* Prepares every connection for what access.c and relay.c do to it. Once, before the server is attached. */
void clients_watch (Camera *camera);

/* `mount`: NULL means all connections of the camera. */

/* Ends them with a reset, without a word of RTSP. */
void clients_reset (Camera *camera, Mount *mount);
/* Ends them in order. */
void clients_close (Camera *camera, Mount *mount);
/* Lets the faults of their bytes come into force. */
void clients_spoil (Camera *camera, Mount *mount);

/* The mount a client last asked for, or NULL. */
Mount *clients_mount_of (GstRTSPClient *client);
void clients_set_mount (GstRTSPClient *client, Mount *mount);
/* Ends one with a reset. */
void clients_reset_one (GstRTSPClient *client);

G_END_DECLS
