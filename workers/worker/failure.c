#include "reporter.h"

static JsonNode *
failure_node (const char *reason, const char *message)
{
  g_autoptr (JsonObject) failure = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  /* It may quote what a camera said. */
  g_autofree char *text = g_utf8_make_valid (message, -1);

  json_object_set_string_member (failure, "reason", reason);
  json_object_set_string_member (failure, "message", text);
  json_node_set_object (node, failure);
  return node;
}

JsonNode *
failure_new (const char *reason, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return failure_node (reason, message);
}

JsonNode *
failure_from_error (const char *element, const GError *error, const char *debug)
{
  JsonNode *node = failure_node ("error", error->message);
  JsonObject *failure = json_node_get_object (node);

  json_object_set_string_member (failure, "domain", g_quark_to_string (error->domain));
  json_object_set_int_member (failure, "code", error->code);
  json_object_set_string_member (failure, "element", element);
  if (debug != NULL) {
    g_autofree char *text = g_utf8_make_valid (debug, -1);
    json_object_set_string_member (failure, "debug", text);
  }
  return node;
}

JsonNode *
failure_from_message (GstMessage *error_message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  gst_message_parse_error (error_message, &error, &debug);
  return failure_from_error (GST_MESSAGE_SRC_NAME (error_message), error, debug);
}
