#include "file-position.h"
#include "atomic_file.h"
#include "json-read.h"

#include <unistd.h>

/* The working directory is the bundle. */
#define POSITION_FILE "position.json"

gint64
file_position_read (const char *path, const FileIdentity *identity)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root = NULL;

  if (!json_parser_load_from_file (parser, POSITION_FILE, NULL))
    return 0;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return 0;
  JsonObject *kept = json_node_get_object (root);
  if (g_strcmp0 (json_read_string (kept, "path", NULL), path) != 0 || json_read_int (kept, "size", -1) != identity->size
      || json_read_int (kept, "modifiedNs", -1) != identity->modified_ns)
    return 0;
  return MAX (0, json_read_int (kept, "positionMs", 0)) * (gint64)1000000;
}

void
file_position_write (const char *path, const FileIdentity *identity, gint64 position)
{
  g_autoptr (JsonObject) kept = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), kept);

  json_object_set_string_member (kept, "path", path);
  json_object_set_int_member (kept, "size", identity->size);
  json_object_set_int_member (kept, "modifiedNs", identity->modified_ns);
  json_object_set_int_member (kept, "positionMs", position / 1000000);
  g_autofree char *text = json_to_string (root, FALSE);
  atomic_file_write (POSITION_FILE, text);
}

void
file_position_forget (void)
{
  unlink (POSITION_FILE);
}
