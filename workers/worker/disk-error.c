#include "disk-error.h"

#include <errno.h>
#include <gst/gst.h>

static GstResourceError
resource_error (int code)
{
  switch (code) {
  case ENOSPC:
  case EDQUOT:
    return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
  case ENOENT:
    return GST_RESOURCE_ERROR_NOT_FOUND;
  case EACCES:
  case EPERM:
    return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  case EROFS:
    return GST_RESOURCE_ERROR_OPEN_WRITE;
  default:
    return GST_RESOURCE_ERROR_WRITE;
  }
}

gboolean
disk_error (GError **error, const char *doing, const char *path)
{
  int code = errno;

  g_set_error (error, GST_RESOURCE_ERROR, (gint)resource_error (code), "cannot %s %s: %s", doing, path,
               g_strerror (code));
  return FALSE;
}
