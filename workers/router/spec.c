#include "spec.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define CONNECTIONS 1024
#define CONNECTIONS_PER_ADDRESS 256
/* So much that it could as well be no limit. */
#define MOST 100000

static gboolean
complain (GError **error, const char *member)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, SPEC_FILE " has no valid %s", member);
  return FALSE;
}

static char *
without_trailing_slashes (const char *mount)
{
  gsize length = strlen (mount);
  while (length > 1 && mount[length - 1] == '/')
    length--;
  return g_strndup (mount, length);
}

/* A member that is an array of texts, or is left out. (transfer full), or NULL. */
static char **
read_texts (JsonObject *object, const char *member, GError **error)
{
  g_autoptr (GStrvBuilder) texts = g_strv_builder_new ();
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;
  if (node == NULL)
    return g_strv_builder_end (texts);
  if (!JSON_NODE_HOLDS_ARRAY (node)) {
    complain (error, member);
    return NULL;
  }
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);
    if (json_node_get_value_type (element) != G_TYPE_STRING) {
      complain (error, member);
      return NULL;
    }
    g_strv_builder_add (texts, json_node_get_string (element));
  }
  return g_strv_builder_end (texts);
}

/* "192.168.1.5/24" is the network that this address is in. (transfer full), or NULL. */
static GInetAddressMask *
read_mask (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  g_autoptr (GInetAddress) address = parts[0] != NULL ? g_inet_address_new_from_string (parts[0]) : NULL;
  if (address == NULL)
    return NULL;
  gsize size = g_inet_address_get_native_size (address);
  guint64 length = 8 * size;
  if (parts[1] != NULL && !g_ascii_string_to_unsigned (parts[1], 10, 0, 8 * size, &length, NULL))
    return NULL;
  guint8 bytes[16];
  memcpy (bytes, g_inet_address_to_bytes (address), size);
  for (gsize bit = length; bit < 8 * size; bit++)
    bytes[bit / 8] &= ~(0x80 >> bit % 8);
  g_autoptr (GInetAddress) base = g_inet_address_new_from_bytes (bytes, g_inet_address_get_family (address));
  return g_inet_address_mask_new (base, (guint)length, NULL);
}

static GPtrArray *
read_masks (JsonObject *root, const char *member, GError **error)
{
  g_auto (GStrv) texts = read_texts (root, member, error);
  if (texts == NULL)
    return NULL;
  g_autoptr (GPtrArray) masks = g_ptr_array_new_with_free_func (g_object_unref);
  for (char **text = texts; *text != NULL; text++) {
    GInetAddressMask *mask = read_mask (*text);
    if (mask == NULL) {
      complain (error, member);
      return NULL;
    }
    g_ptr_array_add (masks, mask);
  }
  return g_steal_pointer (&masks);
}

/* A member that maps mounts to texts. (transfer full), or NULL. */
static GHashTable *
read_mounts (JsonObject *root, const char *member, GError **error)
{
  JsonNode *node = json_object_get_member (root, member);
  g_autoptr (GHashTable) mounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (node == NULL)
    return g_steal_pointer (&mounts);
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    complain (error, member);
    return NULL;
  }
  JsonObjectIter iter;
  const char *mount;
  JsonNode *text;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &mount, &text)) {
    if (mount[0] != '/' || json_node_get_value_type (text) != G_TYPE_STRING) {
      complain (error, member);
      return NULL;
    }
    g_hash_table_replace (mounts, without_trailing_slashes (mount), g_strdup (json_node_get_string (text)));
  }
  return g_steal_pointer (&mounts);
}

/* A member of `object`, which may be NULL, or `absent`. */
static gboolean
read_limit (JsonObject *object, const char *member, guint absent, guint *limit, GError **error)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;
  *limit = absent;
  if (node == NULL)
    return TRUE;
  gint64 number = json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node) : 0;
  if (number < 1 || number > MOST)
    return complain (error, member);
  *limit = (guint)number;
  return TRUE;
}

static JsonObject *
get_object (JsonObject *root, const char *member)
{
  JsonNode *node = json_object_get_member (root, member);
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static gboolean
fill (Spec *self, JsonObject *root, GError **error)
{
  JsonObject *limits = get_object (root, "limits");
  SpecLimits *limit = &self->limits;
  if (!json_object_has_member (root, "mounts"))
    return complain (error, "mounts");
  return (self->listen = read_texts (root, "listen", error)) != NULL
         && (self->tls_listen = read_texts (get_object (root, "tls"), "listen", error)) != NULL
         && (self->mounts = read_mounts (root, "mounts", error)) != NULL
         && (self->away = read_mounts (root, "away", error)) != NULL
         && (self->allow = read_masks (root, "allow", error)) != NULL
         && (self->deny = read_masks (root, "deny", error)) != NULL
         && read_limit (limits, "connections", CONNECTIONS, &limit->connections, error)
         && read_limit (limits, "connectionsPerAddress", CONNECTIONS_PER_ADDRESS, &limit->connections_per_address,
                        error)
         && read_limit (limits, "viewers", MOST, &limit->viewers, error);
}

Spec *
spec_new (void)
{
  g_autoptr (JsonObject) root = json_object_new ();
  Spec *self = g_new0 (Spec, 1);
  json_object_set_object_member (root, "mounts", json_object_new ());
  fill (self, root, NULL);
  return self;
}

Spec *
spec_read (GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  if (!json_parser_load_from_file (parser, SPEC_FILE, error))
    return NULL;
  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    complain (error, "object");
    return NULL;
  }
  g_autoptr (Spec) self = g_new0 (Spec, 1); /* parts that are not there yet are NULL */
  return fill (self, json_node_get_object (root), error) ? g_steal_pointer (&self) : NULL;
}

void
spec_free (Spec *self)
{
  g_strfreev (self->listen);
  g_strfreev (self->tls_listen);
  g_clear_pointer (&self->allow, g_ptr_array_unref);
  g_clear_pointer (&self->deny, g_ptr_array_unref);
  g_clear_pointer (&self->mounts, g_hash_table_unref);
  g_clear_pointer (&self->away, g_hash_table_unref);
  g_free (self);
}

static gboolean
is_in (GPtrArray *masks, GInetAddress *address)
{
  for (guint i = 0; i < masks->len; i++) {
    if (g_inet_address_mask_matches (masks->pdata[i], address))
      return TRUE;
  }
  return FALSE;
}

gboolean
spec_admits (const Spec *self, const char *address)
{
  if (self->allow->len == 0 && self->deny->len == 0)
    return TRUE;
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);
  if (inet == NULL || is_in (self->deny, inet))
    return FALSE;
  return self->allow->len == 0 || is_in (self->allow, inet);
}
