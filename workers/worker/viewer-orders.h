/* The orders about viewers (docs/worker-protocol.md): whichever output has them. On the main thread. */
#pragma once

#include "output.h"

G_BEGIN_DECLS

/* `outputs`: (element-type Output). The reports are delivered when it returns. */
void viewer_orders_list (GPtrArray *outputs, Reporter *reporter);
/* FALSE with `error`: there is no such viewer. */
gboolean viewer_orders_end (GPtrArray *outputs, JsonObject *order, GError **error);

G_END_DECLS
