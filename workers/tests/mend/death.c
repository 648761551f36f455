#include "death.h"

#include <errno.h>
#include <sys/types.h>

static guint left; /* changes until death; 0: none comes */
static gboolean dead;

void
death_comes_at (guint nth)
{
  left = nth;
  dead = FALSE;
}

gboolean
death_came (void)
{
  gboolean came = dead;

  left = 0;
  dead = FALSE;
  return came;
}

/* TRUE when this change is not to be made as it was meant. */
static gboolean
fails (gboolean *first)
{
  *first = !dead && left > 0 && --left == 0;
  dead |= *first;
  errno = EIO;
  return dead;
}

ssize_t __real_pwrite64 (int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_pwrite64 (int fd, const void *data, size_t size, off_t at);
int __real_ftruncate64 (int fd, off_t size);
int __wrap_ftruncate64 (int fd, off_t size);
int __real_fdatasync (int fd);
int __wrap_fdatasync (int fd);

/* What is as small as a header goes to the disk at once. */
ssize_t
__wrap_pwrite64 (int fd, const void *data, size_t size, off_t at)
{
  gboolean first;

  if (!fails (&first))
    return __real_pwrite64 (fd, data, size, at);
  if (first && size > 16)
    (void)!__real_pwrite64 (fd, data, size / 2, at);
  errno = EIO;
  return -1;
}

int
__wrap_ftruncate64 (int fd, off_t size)
{
  gboolean first;

  return fails (&first) ? -1 : __real_ftruncate64 (fd, size);
}

int
__wrap_fdatasync (int fd)
{
  gboolean first;

  return fails (&first) ? -1 : __real_fdatasync (fd);
}
