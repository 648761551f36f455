#include "tap-socket.h"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_MODE 0755

/* From errno. Always FALSE. */
static gboolean
fail (const char *what, const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, (gint)g_io_error_from_errno (code), "The tap's socket %s %s: %s.", path, what,
               g_strerror (code));
  return FALSE;
}

/* A socket that nobody listens on may be replaced; anything else is somebody's. */
static gboolean
is_free (const char *path, const char *directory, const char *name, GError **error)
{
  g_autoptr (GError) refused = NULL;
  struct stat found;

  if (lstat (path, &found) < 0)
    return errno == ENOENT || fail ("cannot be looked at", path, error);
  if (!S_ISSOCK (found.st_mode)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "The tap's path %s is a file of another kind.", path);
    return FALSE;
  }
  int fd = unix_socket_connect (directory, name, &refused);
  if (fd >= 0)
    close (fd);
  if (fd < 0 && !g_error_matches (refused, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "Another program listens at the tap's path %s.", path);
  return FALSE;
}

static gboolean
set_group (int directory, const char *name, const TapPlace *place, GError **error)
{
  if (place->group == NULL)
    return TRUE;
  const struct group *group = getgrnam (place->group);
  if (group == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no group \"%s\" for the tap's socket %s.",
                 place->group, place->path);
    return FALSE;
  }
  return fchownat (directory, name, (uid_t)-1, group->gr_gid, AT_SYMLINK_NOFOLLOW) == 0
         || fail ("cannot be given to its group", place->path, error);
}

/* Under a name of its own until it is as it should be. */
static gboolean
put_in_place (TapSocket *self, int directory, const char *name, const TapPlace *place, GError **error)
{
  g_autofree char *made = g_strdup_printf (".%s.%d", name, (int)getpid ());
  g_autofree char *reachable = g_strdup_printf ("/proc/self/fd/%d/%s", directory, made);
  struct stat found = { 0 };

  self->listener = unix_socket_listen (reachable, error);
  if (self->listener < 0) {
    g_prefix_error (error, "The tap's socket %s cannot be made: ", place->path);
    return FALSE;
  }
  gboolean ready = set_group (directory, made, place, error);
  if (ready)
    ready = (fchmodat (directory, made, place->mode, AT_SYMLINK_NOFOLLOW) == 0
             && fstatat (directory, made, &found, AT_SYMLINK_NOFOLLOW) == 0
             && renameat (directory, made, directory, name) == 0)
            || fail ("cannot be made", place->path, error);
  if (!ready) {
    unlinkat (directory, made, 0);
    close (self->listener);
    return FALSE;
  }
  self->path = g_strdup (place->path);
  self->device = found.st_dev;
  self->inode = found.st_ino;
  return TRUE;
}

gboolean
tap_socket_open (TapSocket *self, const TapPlace *place, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (place->path);
  g_autofree char *name = g_path_get_basename (place->path);

  if (g_mkdir_with_parents (folder, DIRECTORY_MODE) < 0)
    return fail ("has a folder that cannot be made", place->path, error);
  if (!is_free (place->path, folder, name, error))
    return FALSE;
  int directory = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return fail ("has a folder that cannot be opened", place->path, error);
  gboolean opened = put_in_place (self, directory, name, place, error);
  close (directory);
  return opened;
}

void
tap_socket_remove (TapSocket *self)
{
  struct stat found;

  if (lstat (self->path, &found) == 0 && found.st_dev == self->device && found.st_ino == self->inode)
    unlink (self->path);
  g_clear_pointer (&self->path, g_free);
}
