#include "segment-name.h"

#include <string.h>

static const struct
{
  const char *placeholder;
  const char *format; /* of g_date_time_format() */
} placeholders[] = {
  { "{date}", "%Y-%m-%d" }, { "{year}", "%Y" }, { "{month}", "%m" },
  { "{day}", "%d" },        { "{hour}", "%H" }, { "{time}", "%Y-%m-%dT%H-%M-%S" },
};

gboolean
segment_name_is_valid (const char *template)
{
  g_auto (GStrv) parts = g_strsplit (template, "/", -1);
  guint n = g_strv_length (parts);

  for (guint i = 0; i < n; i++)
    if (*parts[i] == '\0' || g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."))
      return FALSE;
  return n > 0 && strstr (parts[n - 1], "{time}") != NULL;
}

char *
segment_name_expand (const char *template, gint64 started_ms)
{
  g_autoptr (GDateTime) second = g_date_time_new_from_unix_utc (started_ms / 1000);
  GString *name = g_string_new (template);

  for (guint i = 0; i < G_N_ELEMENTS (placeholders); i++) {
    g_autofree char *value = g_date_time_format (second, placeholders[i].format);
    g_autofree char *time = g_strdup_printf ("%s.%03dZ", value, (int)(started_ms % 1000));
    gboolean is_time = g_str_equal (placeholders[i].placeholder, "{time}");

    g_string_replace (name, placeholders[i].placeholder, is_time ? time : value, 0);
  }
  return g_string_free (name, FALSE);
}
