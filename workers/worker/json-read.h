/* Members of a JSON object that came from outside: another type than asked for counts as missing. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

static inline JsonNode *
json_read_value (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

/* Valid as long as `object`. */
static inline const char *
json_read_string (JsonObject *object, const char *name, const char *missing)
{
  JsonNode *node = json_read_value (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : missing;
}

static inline gint64
json_read_int (JsonObject *object, const char *name, gint64 missing)
{
  JsonNode *node = json_read_value (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node) : missing;
}

static inline gboolean
json_read_boolean (JsonObject *object, const char *name, gboolean missing)
{
  JsonNode *node = json_read_value (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN ? json_node_get_boolean (node) : missing;
}

G_END_DECLS
