#include "launch.h"

#include <string.h>

static char *
without_comments (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *kept = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (g_strchug (lines[i]), "#"))
      continue;
    g_string_append (kept, lines[i]);
    g_string_append_c (kept, ' ');
  }
  return g_string_free (kept, FALSE);
}

GstElement *
launch_load (const char *directory, const char *name, GError **error)
{
  g_autofree char *file = g_strconcat (name, ".launch", NULL);
  g_autofree char *path = g_build_filename (directory, file, NULL);
  g_autofree char *text = NULL;
  g_autofree char *description = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  description = without_comments (text);
  GstElement *bin = gst_parse_bin_from_description_full (description, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (bin == NULL)
    g_prefix_error (error, "%s: ", path);
  return bin;
}

GstElement *
launch_element (GstElement *bin, const char *name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (bin), name);

  if (element == NULL)
    g_error ("no element \"%s\" in %s", name, GST_ELEMENT_NAME (bin));
  return element;
}
