#include "tapping.h"
#include "rig.h"

JsonNode *
tapping_settings (Tapping *self, const char *group)
{
  g_autofree char *text = g_strdup_printf (
      "{\"id\":\"tap\",\"kind\":\"tap\",\"path\":\"%s/taps/cam\",\"mode\":432%s%s%s}", self->directory,
      group != NULL ? ",\"group\":\"" : "", group != NULL ? group : "", group != NULL ? "\"" : "");

  return json_from_string (text, NULL);
}

void
tapping_add_tap (Tapping *self)
{
  g_autoptr (JsonNode) node = tapping_settings (self, NULL);

  self->tap = tap_new (&self->context, json_node_get_object (node), NULL);
  g_assert_nonnull (self->tap);
}

void
tapping_set_up (Tapping *self, gconstpointer data)
{
  self->directory = rig_directory ();
  self->hub = hub_new ();
  self->reports = reports_new ();
  self->clip = clip_new ();
  self->context = (OutputContext){ .hub = self->hub, .reporter = self->reports->reporter };
  if (data == NULL)
    tapping_add_tap (self);
}

void
tapping_tear_down (Tapping *self, gconstpointer data)
{
  self->tap->funcs->free (self->tap);
  reports_free (self->reports);
  hub_free (self->hub);
  clip_free (self->clip);
  rig_remove (self->directory);
}

gint64
tapping_stat (Tapping *self, const char *name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  self->tap->funcs->stats (self->tap, builder);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) stats = json_builder_get_root (builder);
  return report_int (stats, name);
}

gboolean
tapping_has_readers (gpointer user_data)
{
  return tapping_stat (user_data, "readers") > 0;
}

gboolean
tapping_has_no_readers (gpointer user_data)
{
  return tapping_stat (user_data, "readers") == 0;
}

int
tapping_connect (Tapping *self)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  gint64 before = tapping_stat (self, "readers");
  int fd = rig_connect_unix (folder, "cam");

  while (tapping_stat (self, "readers") == before)
    g_main_context_iteration (NULL, TRUE);
  return fd;
}
