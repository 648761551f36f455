/* How a recorded file comes to the disk: it is synced, put in the place of another, finished, or let go. */
#include "segment-file-private.h"
#include "disk-error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  struct stat status;

  if (self->replaced)
    return TRUE;
  /* Removed by somebody: nobody would ever find what is written from here on. A renamed file keeps its link. */
  if (fstat (self->fd, &status) == 0 && status.st_nlink == 0) {
    errno = ENOENT;
    return disk_error (error, "find", segment_file_part (self));
  }
  if (fdatasync (self->fd) != 0) {
    self->damaged = TRUE;
    return disk_error (error, "sync", segment_file_part (self));
  }
  if (!self->entry_synced && !sync_folder (segment_file_names (self)->folder, error)) {
    self->damaged = TRUE;
    return FALSE;
  }
  self->entry_synced = TRUE;
  return TRUE;
}

/* Some network file systems say that they failed when they were asked twice. */
static gboolean
has_name (const SegmentFile *self, const char *path)
{
  struct stat by_name, own;

  return stat (path, &by_name) == 0 && fstat (self->fd, &own) == 0 && by_name.st_dev == own.st_dev
         && by_name.st_ino == own.st_ino;
}

gboolean
segment_file_replace (SegmentFile *self, SegmentFile *draft, GError **error)
{
  g_autoptr (GMutexLocker) own = g_mutex_locker_new (&self->lock);
  g_autoptr (GMutexLocker) its = g_mutex_locker_new (&draft->lock);

  if (rename (segment_file_part (self), segment_file_part (draft)) != 0 && !has_name (self, segment_file_part (draft)))
    return disk_error (error, "rename", segment_file_part (self));
  segment_file_take_names (self, draft);
  self->entry_synced = FALSE;
  draft->replaced = TRUE;
  return TRUE;
}

static gboolean
finish (SegmentFile *self, GError **error)
{
  if (!segment_file_sync (self, error))
    return FALSE;
  if (self->damaged) {
    errno = EIO;
    return disk_error (error, "sync", segment_file_part (self));
  }
  if (!segment_file_rename_new (segment_file_part (self), segment_file_path (self)))
    return disk_error (error, "rename", segment_file_part (self));
  return sync_folder (segment_file_names (self)->folder, error);
}

gboolean
segment_file_finish (SegmentFile *self, GError **error)
{
  gboolean finished = finish (self, error);

  self->bytes = size_of (self);
  flock (self->fd, LOCK_UN);
  return finished;
}

static void
remove_entry (SegmentFile *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->replaced)
    unlink (segment_file_part (self));
}

void
segment_file_abandon (SegmentFile *self)
{
  self->bytes = size_of (self);
  if (self->bytes == 0)
    remove_entry (self);
  flock (self->fd, LOCK_UN);
}

void
segment_file_remove (SegmentFile *self)
{
  remove_entry (self);
  self->bytes = 0;
  flock (self->fd, LOCK_UN);
}
