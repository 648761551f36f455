#include "reports.h"
#include "rig.h"

static void
on_report (JsonNode *report, gpointer user_data)
{
  g_ptr_array_add (((Reports *)user_data)->seen, json_node_copy (report));
}

Reports *
reports_new (void)
{
  Reports *self = g_new0 (Reports, 1);

  self->reporter = reporter_new ();
  self->seen = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);
  reporter_set_deliver (self->reporter, on_report, self);
  return self;
}

void
reports_free (Reports *self)
{
  reporter_free (self->reporter);
  g_ptr_array_unref (self->seen);
  g_free (self);
}

const char *
report_string (JsonNode *report, const char *name)
{
  return json_object_get_string_member (json_node_get_object (report), name);
}

gint64
report_int (JsonNode *report, const char *name)
{
  return json_object_get_int_member (json_node_get_object (report), name);
}

static gboolean
wake_up (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
reports_run_until (ReportsCondition done, gpointer user_data)
{
  gint64 until = g_get_monotonic_time () + RIG_PATIENCE_S * G_USEC_PER_SEC;
  guint pulse = g_timeout_add (10, wake_up, NULL);

  while (!done (user_data)) {
    g_assert_cmpint (g_get_monotonic_time (), <, until);
    g_main_context_iteration (NULL, TRUE);
  }
  g_source_remove (pulse);
}

typedef struct
{
  Reports *reports;
  const char *type;
  guint index;
} Wanted;

static gboolean
has_come (gpointer user_data)
{
  Wanted *wanted = user_data;
  GPtrArray *seen = wanted->reports->seen;

  for (wanted->index = 0; wanted->index < seen->len; wanted->index++)
    if (g_str_equal (report_string (g_ptr_array_index (seen, wanted->index), "type"), wanted->type))
      return TRUE;
  return FALSE;
}

JsonNode *
reports_await (Reports *self, const char *type)
{
  Wanted wanted = { .reports = self, .type = type };

  reports_run_until (has_come, &wanted);
  return g_ptr_array_steal_index (self->seen, wanted.index);
}

guint
reports_count (Reports *self, const char *type)
{
  guint count = 0;

  for (guint i = 0; i < self->seen->len; i++)
    if (g_str_equal (report_string (g_ptr_array_index (self->seen, i), "type"), type))
      count++;
  return count;
}
