#include "order.h"

#include <gio/gio.h>
#include <gst/rtsp/gstrtspdefs.h>

const char *
order_string (JsonObject *order, const char *member, const char *fallback)
{
  JsonNode *node = json_object_get_member (order, member);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : fallback;
}

gboolean
order_number (JsonObject *order, const char *member, double least, double most, double *value, GError **error)
{
  JsonNode *node = json_object_get_member (order, member);
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE) {
    *value = json_node_get_double (node);
    if (*value >= least && *value <= most)
      return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" must be a number from %g to %g", member, least,
               most);
  return FALSE;
}

gboolean
order_method (JsonObject *order, int fallback, int *method, GError **error)
{
  const char *name = order_string (order, "method", "");

  *method = json_object_has_member (order, "method") ? (int)gst_rtsp_find_method (name) : fallback;
  if ((*method & (GST_RTSP_DESCRIBE | GST_RTSP_SETUP | GST_RTSP_PLAY)) != 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       "\"method\" must be \"DESCRIBE\", \"SETUP\" or \"PLAY\"");
  return FALSE;
}
