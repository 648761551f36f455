/* The process: all its mounts behind one port. Lives as long as the process. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

#include "mount.h"

G_BEGIN_DECLS

typedef struct
{
  Spec *spec;
  GPtrArray *mounts; /* (element-type Mount) */
  GstRTSPServer *server;
  int port;        /* the one that is listened on, or was before it was closed */
  guint listening; /* source, 0: the port is closed */
  Faults faults;   /* of connections that did not name a mount yet */
} Camera;

/* Opens the port, for the first time or again. Without effect if it is open. */
gboolean camera_open (Camera *self, GError **error);
void camera_close (Camera *self);

G_END_DECLS
