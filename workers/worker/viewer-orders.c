#include "viewer-orders.h"
#include "json-read.h"

#include <gio/gio.h>

void
viewer_orders_list (GPtrArray *outputs, Reporter *reporter)
{
  for (guint i = 0; i < outputs->len; i++) {
    Output *output = g_ptr_array_index (outputs, i);
    if (output->funcs->list_viewers != NULL)
      output->funcs->list_viewers (output);
  }
  /* The reply comes after them. */
  reporter_flush (reporter);
}

gboolean
viewer_orders_end (GPtrArray *outputs, JsonObject *order, GError **error)
{
  gint64 number = json_read_int (order, "viewer", 0);

  for (guint i = 0; i < outputs->len && number > 0 && number <= G_MAXINT; i++) {
    Output *output = g_ptr_array_index (outputs, i);
    if (output->funcs->end_viewer != NULL && output->funcs->end_viewer (output, (guint)number))
      return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no viewer %" G_GINT64_FORMAT, number);
  return FALSE;
}
