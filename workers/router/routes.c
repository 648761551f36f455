#include "routes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* The second half of a tunnel follows the first within moments. */
#define MAX_COOKIES 256

typedef struct
{
  char *cookie;
  char *bundle;
} Tunnel;

struct _Routes
{
  Spec *spec;
  struct stat seen; /* of the spec that was read last, or could not be read */
  gboolean missing; /* as told in the log */
  Tunnel tunnels[MAX_COOKIES];
  guint next_tunnel; /* the oldest, to be overwritten */
};

Routes *
routes_new (void)
{
  Routes *self = g_new0 (Routes, 1);
  self->spec = spec_new ();
  return self;
}

void
routes_free (Routes *self)
{
  spec_free (self->spec);
  for (guint i = 0; i < MAX_COOKIES; i++) {
    g_free (self->tunnels[i].cookie);
    g_free (self->tunnels[i].bundle);
  }
  g_free (self);
}

static void
read_spec (Routes *self)
{
  g_autoptr (GError) error = NULL;
  Spec *spec = spec_read (&error);
  if (spec == NULL) {
    g_printerr ("dslrs-router: the old routes stay: %s\n", error->message);
    return;
  }
  spec_free (self->spec);
  self->spec = spec;
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
  if (stat (SPEC_FILE, &now) < 0) {
    if (!self->missing)
      g_printerr ("dslrs-router: the old routes stay: " SPEC_FILE ": %s\n", g_strerror (errno));
    self->missing = TRUE;
    return;
  }
  self->missing = FALSE;
  if (is_same (&now, &self->seen))
    return;
  self->seen = now;
  read_spec (self);
}

const Spec *
routes_get_spec (Routes *self)
{
  follow_spec (self);
  return self->spec;
}

const char *
routes_find (Routes *self, const char *path, const char **away)
{
  const Spec *spec = routes_get_spec (self);
  g_autofree char *mount = g_strdup (path);
  for (;;) {
    const char *bundle = g_hash_table_lookup (spec->mounts, mount);
    const char *sentence = g_hash_table_lookup (spec->away, mount);
    char *slash = strrchr (mount, '/');
    if (bundle != NULL || sentence != NULL || slash == NULL) {
      if (away != NULL)
        *away = sentence;
      return bundle;
    }
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
