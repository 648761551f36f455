#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_SAME_NAMES 1000

/* Takes the first part off `path`. */
static char *
next_part (const char **path)
{
  const char *end = strchrnul (*path, '/');
  char *part = g_strndup (*path, (gsize)(end - *path));

  *path = *end == '/' ? end + 1 : end;
  return part;
}

static gboolean
is_name (const char *part)
{
  return *part != '\0' && !g_str_equal (part, ".") && !g_str_equal (part, "..");
}

static gboolean
enter (Place *self, const char *part)
{
  int folder = openat (self->folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (folder < 0)
    return FALSE;
  close (self->folder);
  self->folder = folder;
  return TRUE;
}

static gboolean
find (Place *self, const char *root, const char *path, GError **error)
{
  const char *rest = path;

  self->folder = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->folder < 0)
    return mend_fail_io (error, "open the root");
  for (;;) {
    g_autofree char *part = next_part (&rest);

    if (!is_name (part))
      return mend_fail (error, MEND_ERROR_UNKNOWN, "the path leads out of the root");
    if (*rest == '\0') {
      self->above = g_strndup (path, strlen (path) - strlen (part));
      self->name = g_steal_pointer (&part);
      return TRUE;
    }
    if (!enter (self, part))
      return mend_fail_io (error, "open the folder");
  }
}

static gboolean
open_file (Place *self, gboolean writable, GError **error)
{
  struct stat status;
  int how = writable ? O_RDWR : O_RDONLY;

  self->fd = openat (self->folder, self->name, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (self->fd < 0 || fstat (self->fd, &status) != 0)
    return mend_fail_io (error, "open it");
  return S_ISREG (status.st_mode) || mend_fail (error, MEND_ERROR_UNKNOWN, "it is no regular file");
}

/* The one who had the lock may have given the file its final name before letting go. */
static gboolean
still_has_its_name (const Place *self)
{
  struct stat by_name, opened;

  return fstatat (self->folder, self->name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat (self->fd, &opened) == 0
         && by_name.st_dev == opened.st_dev && by_name.st_ino == opened.st_ino;
}

static gboolean
lock (Place *self, GError **error)
{
  if (flock (self->fd, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? mend_fail (error, MEND_ERROR_BUSY, "it is being written")
                                : mend_fail_io (error, "lock it");
  return still_has_its_name (self) || mend_fail (error, MEND_ERROR_BUSY, "it was finished just now");
}

gboolean
place_open (Place *self, const char *root, const char *path, gboolean writable, GError **error)
{
  *self = (Place){ .folder = -1, .fd = -1 };
  return find (self, root, path, error) && open_file (self, writable, error) && (!writable || lock (self, error));
}

void
place_close (Place *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->folder >= 0)
    close (self->folder);
  g_free (self->above);
  g_free (self->name);
}

gboolean
place_has (const Place *self, const char *name)
{
  struct stat status;

  return fstatat (self->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Some network file systems can't rename with a flag, and some others have no second names. */
static gboolean
rename_new (const Place *self, const char *name)
{
  if (renameat2 (self->folder, self->name, self->folder, name, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return FALSE;
  if (linkat (self->folder, self->name, self->folder, name, 0) == 0)
    return unlinkat (self->folder, self->name, 0) == 0;
  return errno != EEXIST && !place_has (self, name) && renameat (self->folder, self->name, self->folder, name) == 0;
}

static char *
numbered (const char *name, guint number)
{
  const char *extension = strrchr (name, '.');
  int stem = extension != NULL ? (int)(extension - name) : (int)strlen (name);

  if (number == 0)
    return g_strdup (name);
  return g_strdup_printf ("%.*s-%u%s", stem, name, number, name + stem);
}

char *
place_rename (Place *self, const char *name, GError **error)
{
  for (guint i = 0; i < MOST_SAME_NAMES; i++) {
    g_autofree char *wanted = numbered (name, i);

    if (rename_new (self, wanted)) {
      if (fsync (self->folder) == 0)
        return g_strconcat (self->above, wanted, NULL);
      break;
    }
    if (errno != EEXIST)
      break;
  }
  mend_fail_io (error, "rename it");
  return NULL;
}
