#include "segment-file.h"
#include "disk-error.h"
#include "segment-name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SAME_NAMES 1000
/* Until the wanted mode is set. */
#define OWNER_ONLY 0700

/* The umask must not have a say. A filesystem without modes (FAT, some network shares) records all the same. */
static void
set_mode (const char *path, mode_t mode)
{
  if (chmod (path, mode) != 0)
    GST_DEBUG ("cannot set the mode of %s: %s", path, g_strerror (errno));
}

/* FALSE when somebody who looks for leftovers was faster. Where there are no locks nobody finds leftovers by them. */
static gboolean
lock (int fd)
{
  return flock (fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* FALSE without an error when the name is in use. */
static gboolean
reserve (SegmentFile *self, mode_t mode, GError **error)
{
  if (g_file_test (self->path, G_FILE_TEST_EXISTS))
    return FALSE;
  int fd = open (self->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY & mode);
  if (fd < 0)
    return errno == EEXIST ? FALSE : disk_error (error, "create", self->part);
  /* The file before may have got its final name, and given up this one, since the first look. */
  gboolean taken = g_file_test (self->path, G_FILE_TEST_EXISTS);
  if (taken)
    unlink (self->part);
  if (taken || !lock (fd)) {
    close (fd);
    return FALSE;
  }
  self->fd = fd;
  set_mode (self->part, mode);
  return TRUE;
}

/* Folders that are there stay as they are. */
static gboolean
make_folders (const char *path, gsize root_length, mode_t mode, GError **error)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (strlen (path) <= root_length) {
    errno = ENOENT;
    return disk_error (error, "find", path);
  }
  g_autofree char *parent = g_path_get_dirname (path);
  if (!make_folders (parent, root_length, mode, error))
    return FALSE;
  if (mkdir (path, OWNER_ONLY & mode) == 0)
    set_mode (path, mode);
  else if (errno != EEXIST)
    return disk_error (error, "create", path);
  return TRUE;
}

static gboolean
reserve_any (SegmentFile *self, const char *name, const SegmentPlace *place, const char *extension, GError **error)
{
  GError *failure = NULL;

  for (guint i = 0; i < MAX_SAME_NAMES && failure == NULL; i++) {
    g_autofree char *suffix = i == 0 ? g_strdup ("") : g_strdup_printf ("-%u", i);

    g_free (self->path);
    g_free (self->part);
    self->path = g_strdup_printf ("%s%s.%s", name, suffix, extension);
    self->part = g_strconcat (self->path, ".part", NULL);
    if (reserve (self, place->mode, &failure))
      return TRUE;
  }
  if (failure == NULL) {
    errno = EEXIST;
    disk_error (&failure, "create", self->part);
  }
  g_propagate_error (error, failure);
  return FALSE;
}

SegmentFile *
segment_file_create (const SegmentPlace *place, const char *extension, gint64 started_ms, GError **error)
{
  g_autoptr (SegmentFile) self = g_new0 (SegmentFile, 1);
  g_autofree char *expanded = segment_name_expand (place->name, started_ms);
  g_autofree char *name = g_build_filename (place->root, expanded, NULL);

  g_mutex_init (&self->sync_lock);
  self->fd = -1;
  self->started_ms = started_ms;
  self->folder = g_path_get_dirname (name);
  if (!make_folders (self->folder, strlen (place->root), place->directory_mode, error)
      || !reserve_any (self, name, place, extension, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
segment_file_free (SegmentFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_mutex_clear (&self->sync_lock);
  g_free (self->path);
  g_free (self->part);
  g_free (self->folder);
  g_free (self);
}

static guint64
size_of (const SegmentFile *self)
{
  struct stat status;

  return fstat (self->fd, &status) == 0 ? (guint64)status.st_size : 0;
}

static gboolean
sync_folder (const char *folder, GError **error)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return disk_error (error, "open", folder);
  gboolean synced = fsync (fd) == 0 || disk_error (error, "sync", folder);
  close (fd);
  return synced;
}

gboolean
segment_file_sync (SegmentFile *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->sync_lock);
  struct stat status;

  /* Removed by somebody: nobody would ever find what is written from here on. A renamed file keeps its link. */
  if (fstat (self->fd, &status) == 0 && status.st_nlink == 0) {
    errno = ENOENT;
    return disk_error (error, "find", self->part);
  }
  if (fdatasync (self->fd) != 0) {
    self->damaged = TRUE;
    return disk_error (error, "sync", self->part);
  }
  if (!self->entry_synced && !sync_folder (self->folder, error)) {
    self->damaged = TRUE;
    return FALSE;
  }
  self->entry_synced = TRUE;
  return TRUE;
}

static gboolean
rename_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  /* Some network filesystems do not know the flag. */
  return errno == EINVAL && rename (from, to) == 0;
}

static gboolean
finish (SegmentFile *self, GError **error)
{
  if (!segment_file_sync (self, error))
    return FALSE;
  if (self->damaged) {
    errno = EIO;
    return disk_error (error, "sync", self->part);
  }
  if (!rename_new (self->part, self->path))
    return disk_error (error, "rename", self->part);
  return sync_folder (self->folder, error);
}

gboolean
segment_file_finish (SegmentFile *self, GError **error)
{
  gboolean finished = finish (self, error);

  self->bytes = size_of (self);
  flock (self->fd, LOCK_UN);
  return finished;
}

void
segment_file_abandon (SegmentFile *self)
{
  self->bytes = size_of (self);
  if (self->bytes == 0)
    unlink (self->part);
  flock (self->fd, LOCK_UN);
}
