#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static Faults own;
static Faults *faults = &own;
static char *root;
static char last_file[PATH_MAX];

#define REAL(name)                                                                                                     \
  (__extension__({                                                                                                     \
    static typeof (&name) real;                                                                                        \
    if (real == NULL)                                                                                                  \
      real = (typeof (&name))real_of (#name);                                                                          \
    real;                                                                                                              \
  }))

static void *
real_of (const char *name)
{
  return dlsym (RTLD_NEXT, name);
}

__attribute__ ((constructor)) static void
take_orders (void)
{
  const char *path = getenv ("DSLRS_TEST_FAULTS");
  int fd = path != NULL ? REAL (open) (path, O_RDWR | O_CLOEXEC) : -1;

  faults_set_root (getenv ("DSLRS_TEST_FAULT_ROOT"));
  if (fd < 0)
    return;
  void *mapped = mmap (NULL, sizeof (Faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED)
    faults = mapped;
  close (fd);
}

void
faults_set_root (const char *wanted)
{
  free (root);
  root = wanted != NULL ? strdup (wanted) : NULL;
}

Faults *
faults_get (void)
{
  return faults;
}

void
faults_reset (void)
{
  memset (faults, 0, sizeof *faults);
  last_file[0] = '\0';
}

const char *
faults_last_file (void)
{
  return last_file;
}

static int32_t
value_of (const int32_t *member)
{
  return __atomic_load_n (member, __ATOMIC_SEQ_CST);
}

static void
sleep_ms (int32_t ms)
{
  struct timespec rest = { ms / 1000, ms % 1000 * 1000000L };

  nanosleep (&rest, NULL);
}

static int
is_below_root (const char *path)
{
  size_t length = root != NULL ? strlen (root) : 0;

  return length > 0 && strncmp (path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int
is_concerned (FaultOp op)
{
  int32_t count = __atomic_add_fetch (&faults->counts[op], 1, __ATOMIC_SEQ_CST);
  int32_t nth = value_of (&faults->nth);

  if (nth == 0 || value_of (&faults->op) != (int32_t)op)
    return 0;
  return count == nth || (count > nth && value_of (&faults->persistent) != 0);
}

/* Whether the call is to fail; errno says how. */
static int
fails (FaultOp op)
{
  int saved = errno;

  if (!is_concerned (op))
    return 0;
  __atomic_add_fetch (&faults->fired, 1, __ATOMIC_SEQ_CST);
  while (value_of (&faults->hang) != 0)
    sleep_ms (1);
  sleep_ms (value_of (&faults->delay_ms));
  errno = value_of (&faults->error);
  if (errno != 0)
    return 1;
  errno = saved;
  return 0;
}

static int
path_of (int fd, char *path)
{
  char link[64];

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink (link, path, PATH_MAX - 1);
  if (length < 0)
    return 0;
  path[length] = '\0';
  return 1;
}

static int
fails_on_fd (FaultOp op, int fd)
{
  char path[PATH_MAX];
  int saved = errno;
  int concerned = root != NULL && path_of (fd, path) && is_below_root (path);

  errno = saved;
  if (!concerned || !fails (op))
    return 0;
  struct stat facts;
  if (fstat (fd, &facts) == 0 && S_ISREG (facts.st_mode) && facts.st_size > 0)
    strcpy (last_file, path);
  return 1;
}

static int
fails_at (FaultOp op, int folder, const char *name)
{
  char path[PATH_MAX];

  if (root == NULL || name == NULL)
    return 0;
  if (name[0] == '/')
    return is_below_root (name) && fails (op);
  if (folder == AT_FDCWD)
    return getcwd (path, sizeof path) != NULL && is_below_root (path) && fails (op);
  return fails_on_fd (op, folder);
}

/* The calls themselves. Programs that are built for large files call those that end with 64; those that are built
 * with checks (_FORTIFY_SOURCE) call those that end with _2. */

#define OPEN(name)                                                                                                     \
  int name (const char *path, int flags, ...)                                                                          \
  {                                                                                                                    \
    va_list rest;                                                                                                      \
    va_start (rest, flags);                                                                                            \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg (rest, mode_t) : 0;                                         \
    va_end (rest);                                                                                                     \
    return fails_at (FAULT_OPEN, AT_FDCWD, path) ? -1 : REAL (name) (path, flags, mode);                               \
  }

#define OPENAT(name)                                                                                                   \
  int name (int folder, const char *path, int flags, ...)                                                              \
  {                                                                                                                    \
    va_list rest;                                                                                                      \
    va_start (rest, flags);                                                                                            \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg (rest, mode_t) : 0;                                         \
    va_end (rest);                                                                                                     \
    return fails_at (FAULT_OPEN, folder, path) ? -1 : REAL (name) (folder, path, flags, mode);                         \
  }

OPEN (open)
OPEN (open64)
OPENAT (openat)
OPENAT (openat64)

int __open_2 (const char *path, int flags);
int __open64_2 (const char *path, int flags);
int __openat_2 (int folder, const char *path, int flags);
int __openat64_2 (int folder, const char *path, int flags);

int
__open_2 (const char *path, int flags)
{
  return open (path, flags);
}

int
__open64_2 (const char *path, int flags)
{
  return open64 (path, flags);
}

int
__openat_2 (int folder, const char *path, int flags)
{
  return openat (folder, path, flags);
}

int
__openat64_2 (int folder, const char *path, int flags)
{
  return openat64 (folder, path, flags);
}

FILE *
fopen (const char *path, const char *mode)
{
  return fails_at (FAULT_OPEN, AT_FDCWD, path) ? NULL : REAL (fopen) (path, mode);
}

FILE *
fopen64 (const char *path, const char *mode)
{
  return fails_at (FAULT_OPEN, AT_FDCWD, path) ? NULL : REAL (fopen64) (path, mode);
}

ssize_t
write (int fd, const void *data, size_t size)
{
  return fails_on_fd (FAULT_WRITE, fd) ? -1 : REAL (write) (fd, data, size);
}

ssize_t
writev (int fd, const struct iovec *parts, int count)
{
  return fails_on_fd (FAULT_WRITE, fd) ? -1 : REAL (writev) (fd, parts, count);
}

ssize_t
pwrite (int fd, const void *data, size_t size, off_t offset)
{
  return fails_on_fd (FAULT_WRITE, fd) ? -1 : REAL (pwrite) (fd, data, size, offset);
}

ssize_t
pwrite64 (int fd, const void *data, size_t size, off64_t offset)
{
  return fails_on_fd (FAULT_WRITE, fd) ? -1 : REAL (pwrite64) (fd, data, size, offset);
}

ssize_t
pwritev (int fd, const struct iovec *parts, int count, off_t offset)
{
  return fails_on_fd (FAULT_WRITE, fd) ? -1 : REAL (pwritev) (fd, parts, count, offset);
}

ssize_t
pwritev64 (int fd, const struct iovec *parts, int count, off64_t offset)
{
  return fails_on_fd (FAULT_WRITE, fd) ? -1 : REAL (pwritev64) (fd, parts, count, offset);
}

int
fsync (int fd)
{
  return fails_on_fd (FAULT_SYNC, fd) ? -1 : REAL (fsync) (fd);
}

int
fdatasync (int fd)
{
  return fails_on_fd (FAULT_SYNC, fd) ? -1 : REAL (fdatasync) (fd);
}

int
rename (const char *from, const char *to)
{
  return fails_at (FAULT_RENAME, AT_FDCWD, to) ? -1 : REAL (rename) (from, to);
}

int
renameat (int from_folder, const char *from, int to_folder, const char *to)
{
  return fails_at (FAULT_RENAME, to_folder, to) ? -1 : REAL (renameat) (from_folder, from, to_folder, to);
}

int
renameat2 (int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
  return fails_at (FAULT_RENAME, to_folder, to) ? -1 : REAL (renameat2) (from_folder, from, to_folder, to, flags);
}

int
link (const char *from, const char *to)
{
  return fails_at (FAULT_RENAME, AT_FDCWD, to) ? -1 : REAL (link) (from, to);
}

int
linkat (int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  return fails_at (FAULT_RENAME, to_folder, to) ? -1 : REAL (linkat) (from_folder, from, to_folder, to, flags);
}

int
mkdir (const char *path, mode_t mode)
{
  return fails_at (FAULT_MKDIR, AT_FDCWD, path) ? -1 : REAL (mkdir) (path, mode);
}

int
mkdirat (int folder, const char *path, mode_t mode)
{
  return fails_at (FAULT_MKDIR, folder, path) ? -1 : REAL (mkdirat) (folder, path, mode);
}

int
ftruncate (int fd, off_t length)
{
  return fails_on_fd (FAULT_TRUNCATE, fd) ? -1 : REAL (ftruncate) (fd, length);
}

int
ftruncate64 (int fd, off64_t length)
{
  return fails_on_fd (FAULT_TRUNCATE, fd) ? -1 : REAL (ftruncate64) (fd, length);
}

int
fallocate (int fd, int mode, off_t offset, off_t length)
{
  return fails_on_fd (FAULT_TRUNCATE, fd) ? -1 : REAL (fallocate) (fd, mode, offset, length);
}

int
fallocate64 (int fd, int mode, off64_t offset, off64_t length)
{
  return fails_on_fd (FAULT_TRUNCATE, fd) ? -1 : REAL (fallocate64) (fd, mode, offset, length);
}

/* The clock on the wall; the one that never jumps stays. */

int
clock_gettime (clockid_t clock, struct timespec *time)
{
  int result = REAL (clock_gettime) (clock, time);

  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += value_of (&faults->clock_s);
  return result;
}

int
gettimeofday (struct timeval *time, void *zone)
{
  int result = REAL (gettimeofday) (time, zone);

  if (result == 0)
    time->tv_sec += value_of (&faults->clock_s);
  return result;
}
