#include "request.h"
#include "mend.h"
#include "one_object.h"

#include <json-glib/json-glib.h>

static void
add_number (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64)value);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_truth (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_facts (JsonBuilder *builder, const char *path, const MendFacts *facts)
{
  add_text (builder, "path", path);
  add_text (builder, "format", facts->format);
  add_number (builder, "durationMs", facts->duration_ms);
  add_number (builder, "frames", facts->frames);
  add_number (builder, "keyframes", facts->keyframes);
  add_number (builder, "bytes", facts->bytes);
  add_number (builder, "lostBytes", facts->lost_bytes);
  add_truth (builder, "whole", facts->whole);
  json_builder_set_member_name (builder, "encodings");
  json_builder_begin_array (builder);
  for (guint i = 0; facts->encodings[i] != NULL; i++)
    json_builder_add_string_value (builder, facts->encodings[i]);
  json_builder_end_array (builder);
}

static const char *
why (const GError *error)
{
  switch ((MendError)error->code) {
  case MEND_ERROR_BUSY:
    return "busy";
  case MEND_ERROR_NO_MEDIA:
    return "noMedia";
  case MEND_ERROR_COPY:
    return "copy";
  case MEND_ERROR_UNKNOWN:
    return "unknown";
  case MEND_ERROR_FULL:
  case MEND_ERROR_IO:
    return "io";
  }
  return "io";
}

static void
add_failure (JsonBuilder *builder, const GError *error)
{
  g_autofree char *message = g_utf8_make_valid (error->message, -1);

  add_text (builder, "why", why (error));
  add_text (builder, "message", message);
}

static const char *
text_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";
}

/* `path` gets that of the file afterwards: (transfer full). */
static gboolean
carry_out (JsonObject *request, char **path, MendFacts *facts, GError **error)
{
  const char *what = text_member (request, "do");
  const char *root = text_member (request, "root");
  const char *asked = text_member (request, "path");

  if (!g_path_is_absolute (root))
    return mend_fail (error, MEND_ERROR_UNKNOWN, "the root is not an absolute path");
  if (g_str_equal (what, "mend"))
    return mend_file (root, asked, path, facts, error);
  if (!g_str_equal (what, "inspect"))
    return mend_fail (error, MEND_ERROR_UNKNOWN, "nothing that can be done is asked for");
  *path = g_strdup (asked);
  return mend_inspect (root, asked, facts, error);
}

static gboolean
read_request (JsonParser *parser, const char *line, gsize length, GError **error)
{
  if (one_object_check (line, length) && json_parser_load_from_data (parser, line, (gssize)length, NULL)
      && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return TRUE;
  return mend_fail (error, MEND_ERROR_UNKNOWN, "the line is not a JSON object");
}

char *
request_answer (const char *line, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  MendFacts facts;

  gboolean ok = read_request (parser, line, length, &error)
                && carry_out (json_node_get_object (json_parser_get_root (parser)), &path, &facts, &error);
  json_builder_begin_object (builder);
  add_truth (builder, "ok", ok);
  if (ok)
    add_facts (builder, path, &facts);
  else
    add_failure (builder, error);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) node = json_builder_get_root (builder);
  return json_to_string (node, FALSE);
}
