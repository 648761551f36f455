#include "recording-settings.h"
#include "json-read.h"
#include "segment-name.h"

#include <gio/gio.h>

#define PERMISSIONS 0777
/* What a recorder itself needs. */
#define OWNER_OF_FILE 0600
#define OWNER_OF_DIRECTORY 0700

static gboolean
is_mode (gint64 mode, gint64 needed)
{
  return (mode & PERMISSIONS) == mode && (mode & needed) == needed;
}

static const char *
root_at (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node)
                                                                                          : "";
}

/* NULL unless it is a list of absolute paths. */
static GStrv
read_roots (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "roots");
  g_autoptr (GStrvBuilder) roots = g_strv_builder_new ();

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node) || json_array_get_length (json_node_get_array (node)) == 0)
    return NULL;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    const char *root = root_at (array, i);
    if (!g_path_is_absolute (root))
      return NULL;
    g_autofree char *canonical = g_canonicalize_filename (root, NULL);
    g_strv_builder_add (roots, canonical);
  }
  return g_strv_builder_end (roots);
}

/* TRUE also when there is none. */
static gboolean
read_trigger (RecordingSettings *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "trigger");

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  JsonObject *trigger = json_node_get_object (node);
  gint64 pre_ms = json_read_int (trigger, "preMs", -1);
  gint64 most_ms = json_read_int (trigger, "mostMs", 0);
  gint64 bytes = json_read_int (trigger, "preBytes", -1);

  self->by_trigger = TRUE;
  self->trigger = (TriggerLimits){ .pre_us = pre_ms * 1000, .most_us = most_ms * 1000, .pre_bytes = (gsize)bytes };
  return pre_ms >= 0 && most_ms > 0 && bytes >= 0;
}

static gboolean
read_settings (RecordingSettings *self, JsonObject *object)
{
  gint64 every_ms = json_read_int (object, "everyMs", 0);
  gint64 bytes = json_read_int (object, "bytes", 0);
  gint64 mode = json_read_int (object, "mode", 0640);
  gint64 directory_mode = json_read_int (object, "directoryMode", 0750);

  self->container = container_find (json_read_string (object, "format", ""));
  self->roots = read_roots (object);
  self->name = g_strdup (json_read_string (object, "path", ""));
  self->mode = (mode_t)mode;
  self->directory_mode = (mode_t)directory_mode;
  self->limits.every = (GstClockTime)every_ms * GST_MSECOND;
  self->limits.align = json_read_boolean (object, "align", FALSE);
  self->limits.bytes = (guint64)bytes;
  return self->container != NULL && self->roots != NULL && segment_name_is_valid (self->name) && every_ms >= 0
         && bytes >= 0 && is_mode (mode, OWNER_OF_FILE) && is_mode (directory_mode, OWNER_OF_DIRECTORY)
         && read_trigger (self, object);
}

RecordingSettings *
recording_settings_parse (JsonObject *object, GError **error)
{
  g_autoptr (RecordingSettings) self = g_new0 (RecordingSettings, 1);

  if (read_settings (self, object))
    return g_steal_pointer (&self);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "a recorder needs a format (mkv, mp4), absolute roots, a relative path with {time} in its last part, "
               "limits of 0 or more, modes that let the owner write, and a trigger that is complete");
  return NULL;
}

void
recording_settings_free (RecordingSettings *self)
{
  g_strfreev (self->roots);
  g_free (self->name);
  g_free (self);
}

gboolean
recording_settings_need_new_file (const RecordingSettings *self, const RecordingSettings *other)
{
  return self->container != other->container || !g_str_equal (self->name, other->name)
         || !g_strv_equal ((const char *const *)self->roots, (const char *const *)other->roots);
}
