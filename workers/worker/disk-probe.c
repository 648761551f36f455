#include "disk-probe.h"
#include "disk-error.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A full disk takes a little more often than it takes a recording. */
#define PROBE_BYTES (1024 * 1024)

static gboolean
write_all (int fd, const char *path, GError **error)
{
  g_autofree char *zeros = g_malloc0 (PROBE_BYTES);
  gsize written = 0;

  while (written < PROBE_BYTES) {
    ssize_t n = write (fd, zeros + written, PROBE_BYTES - written);
    if (n < 0 && errno != EINTR)
      return disk_error (error, "write", path);
    written += n > 0 ? (gsize)n : 0;
  }
  return fdatasync (fd) == 0 || disk_error (error, "sync", path);
}

gboolean
disk_probe (const char *directory, GError **error)
{
  g_autofree char *name = g_strdup_printf (".dslrs-probe-%d-%p", (int)getpid (), (void *)&name);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0)
    return disk_error (error, "create", path);
  unlink (path);
  gboolean well = write_all (fd, path, error);
  close (fd);
  return well;
}
