/* The recorder as an output: its settings, its orders and its deadline. The work is done in recording.c. */
#include "json-read.h"
#include "output.h"
#include "recording.h"

#include <gio/gio.h>

/* The worker gives an output two seconds. */
#define STOP_MS 1900
/* What is asked for; the settings allow less. */
#define LONGEST_MS (30 * 24 * 3600 * G_GINT64_CONSTANT (1000))

typedef struct
{
  Output output;
  Recording *recording;
  OutputStopped stopped;
  gpointer stopped_data;
  guint deadline;
  gboolean by_trigger;
} Recorder;

static gboolean
recorder_change (Output *output, JsonObject *settings, GError **error)
{
  Recorder *self = (Recorder *)output;
  RecordingSettings *parsed = recording_settings_parse (settings, error);

  if (parsed == NULL)
    return FALSE;
  self->by_trigger = parsed->by_trigger;
  recording_change (self->recording, parsed);
  return TRUE;
}

static gboolean
on_stopped (gpointer user_data)
{
  Recorder *self = user_data;
  OutputStopped stopped = self->stopped;

  if (stopped == NULL)
    return G_SOURCE_REMOVE;
  self->stopped = NULL;
  g_clear_handle_id (&self->deadline, g_source_remove);
  stopped (&self->output, self->stopped_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_deadline (gpointer user_data)
{
  Recorder *self = user_data;

  self->deadline = 0;
  return on_stopped (self);
}

static void
recorder_stop (Output *output, OutputStopped stopped, gpointer user_data)
{
  Recorder *self = (Recorder *)output;

  self->stopped = stopped;
  self->stopped_data = user_data;
  self->deadline = g_timeout_add (STOP_MS, on_deadline, self);
  recording_stop (self->recording, on_stopped, self);
}

static void
recorder_rotate (Output *output)
{
  recording_rotate (((Recorder *)output)->recording);
}

static gboolean
recorder_trigger (Output *output, JsonObject *order, GError **error)
{
  Recorder *self = (Recorder *)output;
  gint64 for_ms = json_read_int (order, "forMs", -1);
  gint64 pre_ms = json_read_int (order, "preMs", -1);

  if (!self->by_trigger || for_ms < 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                 self->by_trigger ? "a trigger needs forMs" : "output \"%s\" waits for no trigger", output->id);
    return FALSE;
  }
  recording_trigger (self->recording, MIN (for_ms, LONGEST_MS) * 1000,
                     pre_ms < 0 ? -1 : MIN (pre_ms, LONGEST_MS) * 1000);
  return TRUE;
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_int (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64)value);
}

/* Takes the failure. */
static void
add_failure (JsonBuilder *builder, const RecordingStats *stats)
{
  if (stats->failure == NULL)
    return;
  json_builder_set_member_name (builder, "failure");
  json_builder_add_value (builder, stats->failure);
  add_int (builder, "sinceMs", (guint64)stats->since_ms);
}

static void
recorder_stats (Output *output, JsonBuilder *builder)
{
  RecordingStats stats;

  recording_get_stats (((Recorder *)output)->recording, &stats);
  add_string (builder, "state", stats.state);
  add_failure (builder, &stats);
  add_string (builder, "path", stats.path);
  add_string (builder, "root", stats.root);
  add_int (builder, "frames", stats.frames);
  add_int (builder, "bytes", stats.bytes);
  add_int (builder, "segments", stats.segments);
  add_int (builder, "framesDropped", stats.frames_dropped);
  add_int (builder, "preBytes", stats.pre_bytes);
  g_free (stats.path);
  g_free (stats.root);
}

static void
recorder_free (Output *output)
{
  Recorder *self = (Recorder *)output;

  recording_free (self->recording);
  g_clear_handle_id (&self->deadline, g_source_remove);
  while (g_source_remove_by_user_data (self))
    continue;
  g_free (self->output.id);
  g_free (self);
}

static const OutputFuncs recorder_funcs = {
  .change = recorder_change,
  .stop = recorder_stop,
  .rotate = recorder_rotate,
  .trigger = recorder_trigger,
  .stats = recorder_stats,
  .free = recorder_free,
};

Output *
recorder_new (const OutputContext *context, JsonObject *settings, GError **error)
{
  RecordingSettings *parsed = recording_settings_parse (settings, error);

  if (parsed == NULL)
    return NULL;
  Recorder *self = g_new0 (Recorder, 1);
  self->output.funcs = &recorder_funcs;
  self->output.id = g_strdup (json_read_string (settings, "id", "record"));
  self->output.kind = "record";
  self->by_trigger = parsed->by_trigger;
  self->recording = recording_new (context, self->output.id, parsed);
  return &self->output;
}
