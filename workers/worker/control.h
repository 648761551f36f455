/* The control socket: one supervisor at a time, orders in, reports out (docs/worker-protocol.md). Main thread only. */
#pragma once

#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Control Control;

typedef struct
{
  /* Carries out one order; FALSE with `error` when it is refused. */
  gboolean (*order) (const char *type, JsonObject *order, gpointer user_data, GError **error);
  /* Adds the members of `ready` to the open object. */
  void (*ready) (JsonBuilder *builder, gpointer user_data);
  /* A supervisor came (TRUE) or went. */
  void (*attended) (gboolean attended, gpointer user_data);
} ControlFuncs;

/* Listens on `control.sock` in the working directory. NULL with `error`. */
Control *control_new (const char *name, Reporter *reporter, const ControlFuncs *funcs, gpointer user_data,
                      GError **error);
/* What was sent before still reaches a peer that reads. */
void control_free (Control *self);

G_END_DECLS
