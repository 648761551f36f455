#include "access.h"

#include <gio/gio.h>
#include <string.h>

struct _Access
{
  GHashTable *secrets; /* user -> secret */
  GHashTable *viewers; /* a set; NULL: all users */
};

static gboolean
fail (GError **error, const char *problem)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, problem);
  return FALSE;
}

/* Empty: nobody can log in as that user. */
static gboolean
is_secret (const char *text)
{
  return text[0] == '\0'
         || (strlen (text) == ACCESS_SECRET_LENGTH && strspn (text, "0123456789abcdef") == ACCESS_SECRET_LENGTH);
}

static gboolean
is_text (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
read_users (JsonNode *users, GHashTable *secrets, GError **error)
{
  JsonObjectIter iter;
  const char *user;
  JsonNode *secret;

  if (users == NULL || !JSON_NODE_HOLDS_OBJECT (users))
    return fail (error, "access needs users");
  json_object_iter_init (&iter, json_node_get_object (users));
  while (json_object_iter_next (&iter, &user, &secret)) {
    if (!is_text (secret) || !is_secret (json_node_get_string (secret)))
      return fail (error, "the secret of a user is 32 lower-case hex digits");
    g_hash_table_replace (secrets, g_strdup (user), g_strdup (json_node_get_string (secret)));
  }
  return TRUE;
}

static gboolean
read_viewers (JsonNode *viewers, GHashTable *set, GError **error)
{
  if (!JSON_NODE_HOLDS_ARRAY (viewers))
    return fail (error, "viewers is a list of users");
  JsonArray *array = json_node_get_array (viewers);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *user = json_array_get_element (array, i);
    if (!is_text (user))
      return fail (error, "viewers is a list of users");
    g_hash_table_add (set, g_strdup (json_node_get_string (user)));
  }
  return TRUE;
}

gboolean
access_read (JsonObject *settings, Access **access, GError **error)
{
  JsonNode *node = json_object_get_member (settings, "access");

  *access = NULL;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "access is an object");
  JsonObject *object = json_node_get_object (node);
  JsonNode *viewers = json_object_get_member (object, "viewers");
  g_autoptr (Access) self = g_atomic_rc_box_new0 (Access);
  self->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (viewers != NULL)
    self->viewers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!read_users (json_object_get_member (object, "users"), self->secrets, error)
      || (viewers != NULL && !read_viewers (viewers, self->viewers, error)))
    return FALSE;
  *access = g_steal_pointer (&self);
  return TRUE;
}

Access *
access_ref (Access *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
access_clear (gpointer data)
{
  Access *self = data;

  g_hash_table_unref (self->secrets);
  g_clear_pointer (&self->viewers, g_hash_table_unref);
}

void
access_unref (Access *self)
{
  g_atomic_rc_box_release_full (self, access_clear);
}

const char *
access_secret (const Access *self, const char *user)
{
  const char *secret = g_hash_table_lookup (self->secrets, user);

  return secret != NULL && secret[0] != '\0' ? secret : NULL;
}

gboolean
access_is_viewer (const Access *self, const char *user)
{
  return self->viewers == NULL || g_hash_table_contains (self->viewers, user);
}

gboolean
access_admits (const Access *self, const Login *login)
{
  if (self == NULL)
    return TRUE;
  return login != NULL && g_strcmp0 (access_secret (self, login->user), login->secret) == 0
         && access_is_viewer (self, login->user);
}

Login *
login_new (const char *user, const char *secret)
{
  Login *self = g_atomic_rc_box_new0 (Login);

  self->user = g_strdup (user);
  self->secret = g_strdup (secret);
  return self;
}

Login *
login_ref (Login *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
login_clear (gpointer data)
{
  Login *self = data;

  g_free (self->user);
  g_free (self->secret);
}

void
login_unref (Login *self)
{
  g_atomic_rc_box_release_full (self, login_clear);
}
