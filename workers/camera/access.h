/* Who may do what on which mount. Every mount has its own credentials, also where user names are equal; OPTIONS is
 * open, as on most cameras. It is also the place where refusals are given, since every request passes here. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

#include "mount.h"

G_BEGIN_DECLS

/* `mounts`: (element-type Mount), must live as long. (transfer full) */
GstRTSPAuth *access_new (GPtrArray *mounts);

G_END_DECLS
