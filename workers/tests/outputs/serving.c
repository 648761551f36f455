#include "serving.h"
#include "rig.h"

#include <unistd.h>

JsonNode *
serving_settings (const char *id, const char *mount, const char *fallback)
{
  g_autofree char *text
      = g_strdup_printf ("{\"id\":\"%s\",\"kind\":\"rtsp\",\"mount\":\"%s\",\"fallback\":\"%s\"}", id, mount, fallback);

  return json_from_string (text, NULL);
}

Output *
serving_add (Serving *self, const char *id, const char *mount, GError **error)
{
  g_autoptr (JsonNode) node = serving_settings (id, mount, "none");

  return server_new (&self->context, json_node_get_object (node), error);
}

void
serving_set_up (Serving *self, gconstpointer fallback)
{
  g_autoptr (JsonNode) node = serving_settings ("rtsp", "/cam", fallback != NULL ? fallback : "none");

  self->directory = rig_directory ();
  self->former_directory = g_get_current_dir ();
  g_assert_cmpint (chdir (self->directory), ==, 0);
  self->hub = hub_new ();
  self->reports = reports_new ();
  self->clip = clip_new ();
  self->substream = substream_new (self->hub, self->reports->reporter, g_getenv ("DSLRS_TEST_PIPELINES"));
  self->context = (OutputContext){
    .hub = self->hub,
    .substream = self->substream,
    .reporter = self->reports->reporter,
    .pipelines = g_getenv ("DSLRS_TEST_PIPELINES"),
  };
  self->server = server_new (&self->context, json_node_get_object (node), NULL);
  g_assert_nonnull (self->server);
}

static void
on_stopped (Output *output, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *)user_data;
}

void
serving_tear_down (Serving *self, gconstpointer fallback)
{
  gboolean stopped = FALSE;

  self->server->funcs->stop (self->server, on_stopped, &stopped);
  reports_run_until (is_true, &stopped);
  self->server->funcs->free (self->server);
  g_assert_true (substream_free (self->substream));
  reports_free (self->reports);
  hub_free (self->hub);
  clip_free (self->clip);
  g_assert_cmpint (chdir (self->former_directory), ==, 0);
  g_free (self->former_directory);
  rig_remove (self->directory);
}
