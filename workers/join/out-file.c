#include "out-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define WRITE_SIZE (1024 * 1024)

struct _OutFile
{
  char *path;
  char *part;
  gboolean force;
  int fd;
  GByteArray *waiting;
  guint64 written;
  GError *error;
};

/* The name to remove when a signal ends the process. */
static GMutex unfinished_lock;
static const char *unfinished;

static void
forget_unfinished (void)
{
  g_mutex_lock (&unfinished_lock);
  unfinished = NULL;
  g_mutex_unlock (&unfinished_lock);
}

/* Keeps the lock: nothing gets its final name any more, and nothing new is begun. */
void
out_file_remove_unfinished (void)
{
  g_mutex_lock (&unfinished_lock);
  if (unfinished != NULL)
    unlink (unfinished);
}

static gboolean
fail (GError **error, const char *doing, const char *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, (gint)g_io_error_from_errno (code), "cannot %s %s: %s", doing, path,
               g_strerror (code));
  return FALSE;
}

/* A running export holds a lock on its part. */
static gboolean
remove_leftover (const char *part, gboolean force, GError **error)
{
  int fd = open (part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean is_free = fd < 0 || flock (fd, LOCK_EX | LOCK_NB) == 0;

  if (!is_free)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "another export is writing %s", part);
  else if (!force)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is left of an export that was cut off: remove it", part);
  gboolean removed = is_free && force && (unlink (part) == 0 || fail (error, "remove", part));
  if (fd >= 0)
    close (fd);
  return removed;
}

/* A signal finds it either unmade or to be removed. */
static int
create (const char *part, mode_t mode)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&unfinished_lock);
  int fd = open (part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);

  if (fd >= 0)
    unfinished = part;
  return fd;
}

static gboolean
open_part (OutFile *self, mode_t mode, GError **error)
{
  self->fd = create (self->part, mode);
  if (self->fd < 0 && errno == EEXIST) {
    if (!remove_leftover (self->part, self->force, error))
      return FALSE;
    self->fd = create (self->part, mode);
  }
  if (self->fd < 0)
    return fail (error, "create", self->part);
  flock (self->fd, LOCK_EX | LOCK_NB);
  return TRUE;
}

OutFile *
out_file_create (const char *path, gboolean force, mode_t mode, GError **error)
{
  g_autoptr (OutFile) self = g_new0 (OutFile, 1);

  self->fd = -1;
  self->path = g_strdup (path);
  self->part = g_strconcat (path, ".part", NULL);
  self->force = force;
  self->waiting = g_byte_array_sized_new (WRITE_SIZE);
  if (!force && access (path, F_OK) == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is there already", path);
    return NULL;
  }
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "%s is a folder", path);
    return NULL;
  }
  return open_part (self, mode, error) ? g_steal_pointer (&self) : NULL;
}

void
out_file_free (OutFile *self)
{
  if (self->fd >= 0) {
    unlink (self->part);
    forget_unfinished ();
    close (self->fd);
  }
  g_byte_array_unref (self->waiting);
  g_clear_error (&self->error);
  g_free (self->path);
  g_free (self->part);
  g_free (self);
}

static void
write_at (OutFile *self, guint64 at, const guint8 *data, gsize size)
{
  while (size > 0 && self->error == NULL) {
    gssize done = pwrite (self->fd, data, size, (off_t)at);

    if (done < 0 && errno != EINTR)
      fail (&self->error, "write", self->part);
    if (done <= 0)
      continue;
    data += done;
    at += (guint64)done;
    size -= (gsize)done;
  }
}

static void
flush (OutFile *self)
{
  write_at (self, self->written, self->waiting->data, self->waiting->len);
  self->written += self->waiting->len;
  g_byte_array_set_size (self->waiting, 0);
}

void
out_file_append (OutFile *self, const void *data, gsize size)
{
  if (self->waiting->len + size > WRITE_SIZE)
    flush (self);
  if (size > WRITE_SIZE) {
    write_at (self, self->written, data, size);
    self->written += size;
  } else {
    g_byte_array_append (self->waiting, data, (guint)size);
  }
}

void
out_file_append_buffer (OutFile *self, GstBuffer *buffer)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  out_file_append (self, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

guint64
out_file_position (const OutFile *self)
{
  return self->written + self->waiting->len;
}

void
out_file_patch (OutFile *self, guint64 at, const void *data, gsize size)
{
  flush (self);
  write_at (self, at, data, size);
}

gboolean
out_file_has_failed (const OutFile *self)
{
  return self->error != NULL;
}

const char *
out_file_path (const OutFile *self)
{
  return self->path;
}

static gboolean
sync_folder (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return fail (error, "open", folder);
  gboolean synced = fsync (fd) == 0 || fail (error, "sync", folder);
  close (fd);
  return synced;
}

static gboolean
rename_part (const OutFile *self)
{
  if (self->force)
    return rename (self->part, self->path) == 0;
  if (renameat2 (AT_FDCWD, self->part, AT_FDCWD, self->path, RENAME_NOREPLACE) == 0)
    return TRUE;
  /* Some network filesystems do not know the flag; a link is never made over a file either. */
  return errno == EINVAL && link (self->part, self->path) == 0 && unlink (self->part) == 0;
}

static gboolean
give_name (OutFile *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&unfinished_lock);

  if (!rename_part (self))
    return fail (error, "rename", self->part);
  unfinished = NULL;
  close (self->fd);
  self->fd = -1;
  return TRUE;
}

gboolean
out_file_finish (OutFile *self, GError **error)
{
  flush (self);
  if (self->error == NULL && fsync (self->fd) != 0)
    fail (&self->error, "sync", self->part);
  if (self->error != NULL) {
    g_propagate_error (error, g_steal_pointer (&self->error));
    return FALSE;
  }
  return give_name (self, error) && sync_folder (self->path, error);
}
