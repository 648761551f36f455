#include "output.h"

#include <gio/gio.h>
#include <string.h>

Output *
output_new (OutputContext *context, const char *kind, JsonObject *settings, GError **error)
{
  if (strcmp (kind, "record") == 0)
    return recorder_new (context, settings, error);
  if (strcmp (kind, "rtsp") == 0)
    return server_new (context, settings, error);
  if (strcmp (kind, "tap") == 0)
    return tap_new (context, settings, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "there is no kind of output \"%s\"", kind);
  return NULL;
}
