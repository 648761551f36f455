#include "request.h"
#include "json-read.h"
#include "one_object.h"

#include <gio/gio.h>
#include <string.h>

#define DEFAULT_MODE 0640

static void
file_free (gpointer data)
{
  RequestFile *file = data;

  g_free (file->root);
  g_free (file->path);
  g_free (file);
}

static RequestFile *
read_file (JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (object == NULL || json_read_string (object, "path", NULL) == NULL)
    return NULL;
  RequestFile *file = g_new0 (RequestFile, 1);
  file->root = g_strdup (json_read_string (object, "root", "/"));
  file->path = g_strdup (json_read_string (object, "path", ""));
  file->started_ms = json_read_int (object, "startedAt", 0);
  file->ended_ms = json_read_int (object, "endedAt", G_MAXINT64);
  return file;
}

static void
read_files (Request *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "files");
  JsonArray *files = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; files != NULL && i < json_array_get_length (files); i++) {
    RequestFile *file = read_file (json_array_get_element (files, i));

    if (file != NULL)
      g_ptr_array_add (self->files, file);
  }
}

static gboolean
is_sensible (const Request *self, GError **error)
{
  const char *wrong = NULL;

  if (!g_path_is_absolute (self->output))
    wrong = "`output` is no absolute path";
  else if (!self->is_mp4 && !g_str_has_suffix (self->output, ".mkv"))
    wrong = "the output has to end in .mp4 or .mkv";
  else if (self->files->len == 0)
    wrong = "there are no files to join";
  if (wrong != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, wrong);
  return wrong == NULL;
}

Request *
request_parse (const char *text, gsize size, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (Request) self = g_new0 (Request, 1);

  self->files = g_ptr_array_new_with_free_func (file_free);
  if (!one_object_check (text, size)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "the request is no JSON object");
    return NULL;
  }
  if (!json_parser_load_from_data (parser, text, (gssize)size, error))
    return NULL;
  JsonObject *object = json_node_get_object (json_parser_get_root (parser));
  self->output = g_strdup (json_read_string (object, "output", ""));
  self->is_mp4 = g_str_has_suffix (self->output, ".mp4");
  self->force = json_read_boolean (object, "force", FALSE);
  self->mode = (mode_t)json_read_int (object, "mode", DEFAULT_MODE) & 0777;
  self->from_ms = json_read_int (object, "from", 0);
  self->to_ms = json_read_int (object, "to", G_MAXINT64 / 1000000);
  read_files (self, object);
  return is_sensible (self, error) ? g_steal_pointer (&self) : NULL;
}

void
request_free (Request *self)
{
  g_free (self->output);
  g_ptr_array_unref (self->files);
  g_free (self);
}
