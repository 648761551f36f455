#include "descriptors.h"

#include <sys/resource.h>

#define ENOUGH 16384

void
descriptors_allow (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= ENOUGH)
    return;
  limit.rlim_cur = MIN (ENOUGH, limit.rlim_max);
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* The lowest number that is free is the next to be given out. */
gboolean
descriptors_are_scarce (int fd)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_NOFILE, &limit) == 0 && (rlim_t)fd >= limit.rlim_cur / 4 * 3;
}
