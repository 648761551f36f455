#include "message.h"

JsonBuilder *
message_new (const char *type)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  message_add_string (builder, "type", type);
  return builder;
}

void
message_add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
message_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

void
message_send (Lines *lines, JsonBuilder *builder)
{
  json_builder_end_object (builder);
  g_autoptr (JsonNode) message = json_builder_get_root (builder);
  lines_send (lines, message);
}
