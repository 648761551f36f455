#include "output-orders.h"
#include "json-read.h"

#include <gio/gio.h>

Output *
output_orders_find (GPtrArray *outputs, const char *id)
{
  for (guint i = 0; i < outputs->len; i++) {
    Output *output = g_ptr_array_index (outputs, i);
    if (g_str_equal (output->id, id))
      return output;
  }
  return NULL;
}

Output *
output_orders_named (GPtrArray *outputs, JsonObject *order, GError **error)
{
  const char *id = json_read_string (order, "id", "");
  Output *output = output_orders_find (outputs, id);

  if (output == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no output \"%s\"", id);
  return output;
}

gboolean
output_orders_rotate (GPtrArray *outputs, JsonObject *order, GError **error)
{
  Output *output = output_orders_named (outputs, order, error);

  if (output == NULL)
    return FALSE;
  if (output->funcs->rotate == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "output \"%s\" writes no files", output->id);
    return FALSE;
  }
  output->funcs->rotate (output);
  return TRUE;
}

gboolean
output_orders_trigger (GPtrArray *outputs, JsonObject *order, GError **error)
{
  Output *output = output_orders_named (outputs, order, error);

  if (output == NULL)
    return FALSE;
  if (output->funcs->trigger != NULL)
    return output->funcs->trigger (output, order, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "output \"%s\" waits for no trigger", output->id);
  return FALSE;
}

gboolean
output_orders_end_viewer (GPtrArray *outputs, JsonObject *order, GError **error)
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

void
output_orders_list_viewers (GPtrArray *outputs, Reporter *reporter)
{
  for (guint i = 0; i < outputs->len; i++) {
    Output *output = g_ptr_array_index (outputs, i);
    if (output->funcs->list_viewers != NULL)
      output->funcs->list_viewers (output);
  }
  /* The reply comes after them. */
  reporter_flush (reporter);
}
