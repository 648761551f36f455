#include "camera.h"

#include <gio/gio.h>

gboolean
camera_open (Camera *self, GError **error)
{
  int port = self->port != 0 ? self->port : self->spec->port;
  g_autofree char *service = g_strdup_printf ("%d", port);

  if (self->listening != 0)
    return TRUE;
  gst_rtsp_server_set_service (self->server, service);
  self->listening = gst_rtsp_server_attach (self->server, NULL);
  if (self->listening == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot listen on %s:%d; another program may have that port",
                 self->spec->listen, port);
    return FALSE;
  }
  self->port = gst_rtsp_server_get_bound_port (self->server);
  return TRUE;
}

void
camera_close (Camera *self)
{
  if (self->listening != 0)
    g_source_remove (self->listening);
  self->listening = 0;
}
