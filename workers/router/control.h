/* The router's side of `control.sock` (docs/worker-protocol.md, The router): hello, ping, reload, stop, and stats
 * once a second. */
#pragma once

#include "door.h"

G_BEGIN_DECLS

typedef struct _Control Control;

typedef struct
{
  Door *door;
  GMainLoop *loop; /* `stop` quits it */
} ControlContext;

/* Listens in the working directory. `context` and what it holds must outlive the control. */
Control *control_new (const ControlContext *context, GError **error);
void control_free (Control *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Control, control_free)

G_END_DECLS
