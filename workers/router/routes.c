#include "routes.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#define SPEC "spec.json"
/* The second half of a tunnel follows the first within moments. */
#define MAX_COOKIES 256

typedef struct
{
  char *cookie;
  char *bundle;
} Tunnel;

struct _Routes
{
  GHashTable *bundles; /* mount without trailing slashes -> bundle */
  struct stat seen;    /* of the spec that was read last, or could not be read */
  gboolean missing;    /* as told in the log */
  Tunnel tunnels[MAX_COOKIES];
  guint next_tunnel; /* the oldest, to be overwritten */
};

Routes *
routes_new (void)
{
  Routes *self = g_new0 (Routes, 1);
  self->bundles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
routes_free (Routes *self)
{
  g_hash_table_unref (self->bundles);
  for (guint i = 0; i < MAX_COOKIES; i++) {
    g_free (self->tunnels[i].cookie);
    g_free (self->tunnels[i].bundle);
  }
  g_free (self);
}

static char *
normalise (const char *mount)
{
  gsize length = strlen (mount);
  while (length > 1 && mount[length - 1] == '/')
    length--;
  return g_strndup (mount, length);
}

/* (transfer full), or NULL if `mounts` is not an object of strings. */
static GHashTable *
read_mounts (JsonNode *mounts)
{
  if (mounts == NULL || !JSON_NODE_HOLDS_OBJECT (mounts))
    return NULL;
  g_autoptr (GHashTable) bundles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  JsonObjectIter iter;
  const char *mount;
  JsonNode *bundle;
  json_object_iter_init (&iter, json_node_get_object (mounts));
  while (json_object_iter_next (&iter, &mount, &bundle)) {
    if (mount[0] != '/' || json_node_get_value_type (bundle) != G_TYPE_STRING)
      return NULL;
    g_hash_table_replace (bundles, normalise (mount), g_strdup (json_node_get_string (bundle)));
  }
  return g_steal_pointer (&bundles);
}

static void
read_spec (Routes *self)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  if (!json_parser_load_from_file (parser, SPEC, &error)) {
    g_printerr ("dslrs-router: the old routes stay: %s\n", error->message);
    return;
  }
  JsonNode *root = json_parser_get_root (parser);
  JsonNode *mounts = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                         ? json_object_get_member (json_node_get_object (root), "mounts")
                         : NULL;
  g_autoptr (GHashTable) bundles = read_mounts (mounts);
  if (bundles == NULL) {
    g_printerr ("dslrs-router: the old routes stay: " SPEC " has no valid mounts\n");
    return;
  }
  g_hash_table_unref (self->bundles);
  self->bundles = g_steal_pointer (&bundles);
}

static gboolean
is_same (const struct stat *a, const struct stat *b)
{
  return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec
         && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void
follow_spec (Routes *self)
{
  struct stat now;
  if (stat (SPEC, &now) < 0) {
    if (!self->missing)
      g_printerr ("dslrs-router: the old routes stay: " SPEC ": %s\n", g_strerror (errno));
    self->missing = TRUE;
    return;
  }
  self->missing = FALSE;
  if (is_same (&now, &self->seen))
    return;
  self->seen = now;
  read_spec (self);
}

const char *
routes_find (Routes *self, const char *path)
{
  follow_spec (self);
  g_autofree char *mount = g_strdup (path);
  for (;;) {
    const char *bundle = g_hash_table_lookup (self->bundles, mount);
    char *slash = strrchr (mount, '/');
    if (bundle != NULL || slash == NULL)
      return bundle;
    /* The mount "/" is for the path "/" alone: as a prefix it would hide every misspelt name. */
    *slash = '\0';
  }
}

void
routes_remember (Routes *self, const char *cookie, const char *bundle)
{
  Tunnel *tunnel = &self->tunnels[self->next_tunnel];
  self->next_tunnel = (self->next_tunnel + 1) % MAX_COOKIES;
  g_free (tunnel->cookie);
  g_free (tunnel->bundle);
  tunnel->cookie = g_strdup (cookie);
  tunnel->bundle = g_strdup (bundle);
}

const char *
routes_recall (Routes *self, const char *cookie)
{
  /* From the youngest: a cookie may have come twice. */
  for (guint age = 1; age <= MAX_COOKIES; age++) {
    const Tunnel *tunnel = &self->tunnels[(self->next_tunnel + MAX_COOKIES - age) % MAX_COOKIES];
    if (g_strcmp0 (tunnel->cookie, cookie) == 0)
      return tunnel->bundle;
  }
  return NULL;
}
