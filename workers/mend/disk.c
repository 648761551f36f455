#include "disk.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* As much as is there, or -1. */
static gssize
read_up_to (int fd, guint64 at, guint8 *data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize n = pread (fd, data + done, size - done, (off_t)(at + done));

    if (n == 0)
      break;
    if (n < 0 && errno != EINTR)
      return -1;
    done += n > 0 ? (gsize)n : 0;
  }
  return (gssize)done;
}

void
disk_window_init (DiskWindow *self, int fd)
{
  self->fd = fd;
  self->at = 0;
  self->length = 0;
  self->failed = FALSE;
}

const guint8 *
disk_window_at (DiskWindow *self, guint64 at, gsize size)
{
  if (at > G_MAXINT64 - DISK_WINDOW)
    return NULL;
  if (at < self->at || at + size > self->at + self->length) {
    gssize n = read_up_to (self->fd, at, self->data, DISK_WINDOW);

    self->failed |= n < 0;
    self->at = at;
    self->length = n > 0 ? (gsize)n : 0;
  }
  return at + size <= self->at + self->length ? self->data + (at - self->at) : NULL;
}

guint8 *
disk_read (int fd, guint64 at, gsize size, GError **error)
{
  g_autofree guint8 *data = g_try_malloc (size);

  errno = ENOMEM;
  gssize n = data != NULL ? read_up_to (fd, at, data, size) : -1;
  if (n >= 0 && (gsize)n < size)
    errno = ENODATA;
  if (n < 0 || (gsize)n < size) {
    mend_fail_io (error, "read");
    return NULL;
  }
  return g_steal_pointer (&data);
}

gboolean
disk_write (int fd, guint64 at, const guint8 *data, gsize size, GError **error)
{
  for (gsize done = 0; done < size;) {
    gssize n = pwrite (fd, data + done, size - done, (off_t)(at + done));

    if (n < 0 && errno != EINTR)
      return mend_fail_io (error, "write");
    done += n > 0 ? (gsize)n : 0;
  }
  return TRUE;
}

gboolean
disk_cut (int fd, guint64 size, GError **error)
{
  return ftruncate (fd, (off_t)size) == 0 || mend_fail_io (error, "cut");
}

gboolean
disk_sync (int fd, GError **error)
{
  return fdatasync (fd) == 0 || mend_fail_io (error, "sync");
}

gboolean
disk_size (int fd, guint64 *size, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return mend_fail_io (error, "measure");
  *size = (guint64)status.st_size;
  return TRUE;
}
