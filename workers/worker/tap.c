/* A tap output: the stream for other programs of this machine, at a Unix socket. The picture is at the path of the
 * settings, the sound at the same path with ".audio" behind it. */
#include "json-read.h"
#include "output-report.h"
#include "output.h"
#include "tap-door.h"
#include "tap-socket.h"

#define KIND "tap"
#define AUDIO_SUFFIX ".audio"
#define DEFAULT_MODE 0600
#define PERMISSIONS 0777
#define TRY_AGAIN_S 2

typedef struct
{
  TapSocket socket;
  TapDoor *door; /* NULL: not open */
} Entrance;

typedef struct
{
  Output output;
  const OutputContext *context;
  char *path;
  guint mode;
  char *group;
  Entrance video;
  Entrance audio;
  TapDoorStats former; /* of doors that are closed */
  JsonNode *failure;   /* NULL while it is open */
  guint retry;

  OutputStopped stopped;
  gpointer stopped_data;
  guint stopping;
} Tap;

static gboolean
take_settings (Tap *self, JsonObject *settings, GError **error)
{
  const char *path = json_read_string (settings, "path", "");
  gint64 mode = json_read_int (settings, "mode", DEFAULT_MODE);

  if (!g_path_is_absolute (path) || g_str_has_suffix (path, "/") || (mode & PERMISSIONS) != mode) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "a tap needs an absolute path, and a mode of 0 to 0777");
    return FALSE;
  }
  g_free (self->path);
  g_free (self->group);
  self->path = g_strdup (path);
  self->mode = (guint)mode;
  self->group = g_strdup (json_read_string (settings, "group", NULL));
  return TRUE;
}

static gboolean
open_entrance (Tap *self, Entrance *entrance, TapKind kind, const char *suffix, GError **error)
{
  g_autofree char *path = g_strconcat (self->path, suffix, NULL);
  const TapPlace place = { .path = path, .mode = self->mode, .group = self->group };
  const TapDoorSettings settings = {
    .hub = self->context->hub,
    .reporter = self->context->reporter,
    .id = self->output.id,
    .kind = kind,
  };

  if (!tap_socket_open (&entrance->socket, &place, error))
    return FALSE;
  entrance->door = tap_door_new (&settings, entrance->socket.listener);
  return TRUE;
}

static void
close_entrance (Tap *self, Entrance *entrance)
{
  if (entrance->door == NULL)
    return;
  tap_door_add_stats (entrance->door, &self->former);
  self->former.readers = 0;
  tap_socket_remove (&entrance->socket);
  g_clear_pointer (&entrance->door, tap_door_free);
}

static void
close_both (Tap *self)
{
  close_entrance (self, &self->video);
  close_entrance (self, &self->audio);
}

/* The same is said once. */
static void
report_down (Tap *self, const char *why)
{
  JsonNode *failure = failure_new ("tap", "%s", why);
  gboolean is_known = self->failure != NULL && json_node_equal (self->failure, failure);

  g_clear_pointer (&self->failure, json_node_unref);
  self->failure = failure;
  if (!is_known)
    output_report_down (self->context->reporter, self->output.id, KIND, json_node_copy (failure));
}

static gboolean try_again (gpointer user_data);

static void
open_both (Tap *self)
{
  g_autoptr (GError) error = NULL;

  if (open_entrance (self, &self->video, TAP_VIDEO, "", &error)
      && open_entrance (self, &self->audio, TAP_SOUND, AUDIO_SUFFIX, &error)) {
    g_clear_pointer (&self->failure, json_node_unref);
    output_report_up (self->context->reporter, self->output.id, KIND);
    return;
  }
  close_both (self);
  report_down (self, error->message);
  self->retry = g_timeout_add_seconds (TRY_AGAIN_S, try_again, self);
}

static gboolean
try_again (gpointer user_data)
{
  Tap *self = user_data;

  self->retry = 0;
  open_both (self);
  return G_SOURCE_REMOVE;
}

static gboolean
tap_change (Output *output, JsonObject *settings, GError **error)
{
  Tap *self = (Tap *)output;

  if (!take_settings (self, settings, error))
    return FALSE;
  g_clear_handle_id (&self->retry, g_source_remove);
  close_both (self);
  open_both (self);
  return TRUE;
}

static gboolean
on_stopped (gpointer user_data)
{
  Tap *self = user_data;

  self->stopping = 0;
  self->stopped (&self->output, self->stopped_data);
  return G_SOURCE_REMOVE;
}

static void
tap_stop (Output *output, OutputStopped stopped, gpointer user_data)
{
  Tap *self = (Tap *)output;

  g_clear_handle_id (&self->retry, g_source_remove);
  close_both (self);
  self->stopped = stopped;
  self->stopped_data = user_data;
  self->stopping = g_idle_add (on_stopped, self);
}

static void
add_int (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64)value);
}

static void
tap_stats (Output *output, JsonBuilder *builder)
{
  Tap *self = (Tap *)output;
  TapDoorStats stats = self->former;

  if (self->video.door != NULL)
    tap_door_add_stats (self->video.door, &stats);
  if (self->audio.door != NULL)
    tap_door_add_stats (self->audio.door, &stats);
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, self->failure == NULL ? "up" : "down");
  if (self->failure != NULL) {
    json_builder_set_member_name (builder, "failure");
    json_builder_add_value (builder, json_node_copy (self->failure));
  }
  json_builder_set_member_name (builder, "path");
  json_builder_add_string_value (builder, self->path);
  add_int (builder, "readers", stats.readers);
  add_int (builder, "framesSent", stats.frames_sent);
  add_int (builder, "framesDropped", stats.frames_dropped);
}

static void
tap_free (Output *output)
{
  Tap *self = (Tap *)output;

  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->stopping, g_source_remove);
  close_both (self);
  g_clear_pointer (&self->failure, json_node_unref);
  g_free (self->path);
  g_free (self->group);
  g_free (self->output.id);
  g_free (self);
}

static const OutputFuncs tap_funcs = {
  .change = tap_change,
  .stop = tap_stop,
  .stats = tap_stats,
  .free = tap_free,
};

Output *
tap_new (const OutputContext *context, JsonObject *settings, GError **error)
{
  Tap *self = g_new0 (Tap, 1);

  self->output.funcs = &tap_funcs;
  self->output.id = g_strdup (json_read_string (settings, "id", KIND));
  self->output.kind = KIND;
  self->context = context;
  if (!take_settings (self, settings, error)) {
    tap_free (&self->output);
    return NULL;
  }
  open_both (self);
  return &self->output;
}
