#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
write_all (int fd, const char *text, size_t length)
{
  while (length > 0) {
    ssize_t written = write (fd, text, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    text += written;
    length -= (size_t)written;
  }
  return true;
}

bool
atomic_file_write (const char *path, const char *text)
{
  char temporary[PATH_MAX];
  int length = snprintf (temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid ());
  if (length < 0 || (size_t)length >= sizeof temporary) {
    errno = ENAMETOOLONG;
    return false;
  }

  int fd = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return false;
  bool written = write_all (fd, text, strlen (text));
  int error = errno;
  if (close (fd) < 0 && written) {
    written = false;
    error = errno;
  }
  if (written && rename (temporary, path) == 0)
    return true;
  if (written)
    error = errno;
  unlink (temporary);
  errno = error;
  return false;
}
