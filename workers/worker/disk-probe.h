/* Whether a directory takes data again. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes and syncs a megabyte there, which is gone again afterwards. Blocks as long as the disk does. FALSE with a
 * GST_RESOURCE_ERROR. */
gboolean disk_probe (const char *directory, GError **error);

G_END_DECLS
