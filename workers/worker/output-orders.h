/* The orders to outputs that are there (docs/worker-protocol.md). On the main thread. */
#pragma once

#include "output.h"

G_BEGIN_DECLS

/* `outputs`: (element-type Output). NULL: none has this id. */
Output *output_orders_find (GPtrArray *outputs, const char *id);
/* The one that the order names by `id`; NULL with `error`. */
Output *output_orders_named (GPtrArray *outputs, JsonObject *order, GError **error);

/* FALSE with `error`: it was not carried out. */
gboolean output_orders_rotate (GPtrArray *outputs, JsonObject *order, GError **error);
gboolean output_orders_trigger (GPtrArray *outputs, JsonObject *order, GError **error);
gboolean output_orders_end_viewer (GPtrArray *outputs, JsonObject *order, GError **error);
/* The reports are delivered when it returns. */
void output_orders_list_viewers (GPtrArray *outputs, Reporter *reporter);

G_END_DECLS
