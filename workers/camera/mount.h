/* One simulated camera: an RTSP mount with its feed, its credentials and its present misbehaviour. Lives as long as the
 * process. */
#pragma once

#include "credentials.h"
#include "faults.h"
#include "loop.h"
#include "pattern.h"
#include "spec.h"

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

typedef struct
{
  const MountSpec *spec;
  Credentials *credentials;
  Feed *feed;           /* atomic: a change of the encoding puts in another */
  GHashTable *patterns; /* by Codec of the video; empty if the source is a file */
  GstRTSPMediaFactory *factory;
  int frames_sent; /* of the leading track, over all sessions; atomic */
  guint closing;   /* source that ends all sessions time and again, or 0 */
  Faults faults;
} Mount;

/* `spec` must live as long. NULL with `error` that names the mount. */
Mount *mount_new (const MountSpec *spec, Loop *loop, GError **error);
void mount_serve (Mount *mount, GstRTSPMountPoints *mount_points);

/* What is on it now. */
Feed *mount_feed (Mount *mount);

/* Another format of a pattern. `ends_sessions`: it is another encoding, for which those who play must come anew; the
 * caller sees to it. FALSE with `error`; nothing changed then. */
gboolean mount_set_format (Mount *mount, const PatternSpec *format, gboolean *ends_sessions, GError **error);

/* The mount that `path` is, or lies in (as /cam1/stream=0 does). `mounts`: (element-type Mount). NULL if there is none.
 */
Mount *mount_find (GPtrArray *mounts, const char *path);

G_END_DECLS
