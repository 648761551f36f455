/* What gst-rtsp-server asks for a media at one mount: gives each client a pipeline of its own, fed by a Viewer; or one
 * for all of them that sends to a group. */
#pragma once

#include "fallback.h"
#include "listeners.h"
#include "multicast.h"

G_BEGIN_DECLS

G_DECLARE_FINAL_TYPE (MountFactory, mount_factory, MOUNT, FACTORY, GstRTSPMediaFactory)

/* `context` lives longer. `multicast`: (nullable) (transfer none). */
GstRTSPMediaFactory *mount_factory_new (const OutputContext *context, ViewerGroup *group, Fallback *fallback,
                                        const Multicast *multicast);

/* The one of the mount that a request is for, found as the client finds it: (transfer full). NULL: there is none. */
GstRTSPMediaFactory *mount_factory_for (GstRTSPContext *context);

/* Who may watch it; NULL: everybody (transfer full). On any thread. */
Access *mount_factory_access (GstRTSPMediaFactory *factory);

/* Who listens, where it is multicast; else NULL (transfer none). On any thread. */
Listeners *mount_factory_listeners (GstRTSPMediaFactory *factory);

G_END_DECLS
