/* What gst-rtsp-server asks for a media at one mount: gives each client a pipeline of its own, fed by a Viewer. */
#pragma once

#include "fallback.h"

G_BEGIN_DECLS

G_DECLARE_FINAL_TYPE (MountFactory, mount_factory, MOUNT, FACTORY, GstRTSPMediaFactory)

/* `context` lives longer. */
GstRTSPMediaFactory *mount_factory_new (const OutputContext *context, ViewerGroup *group, Fallback *fallback);

/* Who may watch it; NULL: everybody (transfer full). On any thread. */
Access *mount_factory_access (GstRTSPMediaFactory *factory);

/* To be called when a client of any mount has begun to play. */
void mount_factory_on_play (GstRTSPClient *client, GstRTSPContext *context);

G_END_DECLS
