/* The members of an order, read and checked. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* `fallback` where the member is missing or no string. (transfer none) */
const char *order_string (JsonObject *order, const char *member, const char *fallback);

/* The member must be there. */
gboolean order_number (JsonObject *order, const char *member, double least, double most, double *value, GError **error);

/* `method`, DESCRIBE, SETUP or PLAY, as GstRTSPMethod; `fallback` where it is missing. */
gboolean order_method (JsonObject *order, int fallback, int *method, GError **error);

G_END_DECLS
