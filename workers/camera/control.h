/* The control socket of the simulated camera, in the style of docs/worker-protocol.md: `control.sock` in the bundle,
 * hello and ready, orders with `seq` and a reply to each. Several connections may be open at a time; none is needed to
 * run.
 *
 *   ready   {"type":"ready","port":8654,"mounts":[{"mount":"/front-door","name":"front-door"}]}
 *   ping    only the reply
 *   stats   the reply, then {"type":"stats","mounts":[{"mount":"/front-door","clients":1,"framesSent":250}]};
 *           the same report comes once a second by itself
 *   stop    the reply, then the process ends
 *
 * and those by which it misbehaves: README.md. */
#pragma once

#include <gio/gio.h>

#include "camera.h"

G_BEGIN_DECLS

typedef struct
{
  Camera *camera;
  void (*stop) (gpointer user_data);
  gpointer user_data;
} ControlContext;

/* Listens in the working directory, for the life of the process. `context` must live as long. */
gboolean control_start (const ControlContext *context, GError **error);

#define CONTROL_SOCKET "control.sock"

G_END_DECLS
