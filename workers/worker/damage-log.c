#include "damage-log.h"

/* A file with more damage than this is known to be bad. */
#define MAX_TOLD 32

struct _DamageLog
{
  Reporter *reporter;
  char *path;
  GMutex lock;
  FileIdentity identity;
  GArray *told; /* gint64: from where */
};

DamageLog *
damage_log_new (Reporter *reporter, const char *path)
{
  DamageLog *self = g_new0 (DamageLog, 1);

  self->reporter = reporter;
  self->path = g_strdup (path);
  g_mutex_init (&self->lock);
  self->told = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

void
damage_log_free (DamageLog *self)
{
  g_array_unref (self->told);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

static gboolean
is_news (DamageLog *self, const FileIdentity *identity, gint64 from)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!file_identity_equal (&self->identity, identity))
    g_array_set_size (self->told, 0);
  self->identity = *identity;
  for (guint i = 0; i < self->told->len; i++)
    if (g_array_index (self->told, gint64, i) == from)
      return FALSE;
  if (self->told->len == MAX_TOLD)
    return FALSE;
  g_array_append_val (self->told, from);
  return TRUE;
}

void
damage_log_tell (DamageLog *self, const FileIdentity *identity, gint64 from, const char *format, ...)
{
  va_list arguments;

  if (!is_news (self, identity, from))
    return;
  va_start (arguments, format);
  g_autofree char *what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  reporter_log (self->reporter, "warn", "file", "%s: %s", self->path, what);
}
