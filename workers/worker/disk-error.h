/* What an errno of the disk says, as GStreamer's own elements would say it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Sets a GST_RESOURCE_ERROR from errno. Always FALSE. */
gboolean disk_error (GError **error, const char *doing, const char *path);

G_END_DECLS
