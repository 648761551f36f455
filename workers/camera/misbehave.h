/* What cameras do wrong, on order of a test. README.md has the table of the orders. */
#pragma once

#include <json-glib/json-glib.h>

#include "camera.h"

G_BEGIN_DECLS

/* Carries out one order. FALSE with `error` if it is unknown or not valid; nothing changed then. */
gboolean misbehave (Camera *camera, const char *type, JsonObject *order, GError **error);

G_END_DECLS
