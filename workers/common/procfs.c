#include "procfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads the beginning of a file of /proc as text. */
static bool
read_text (const char *path, char *text, size_t size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t length = read (fd, text, size - 1);
  close (fd);
  if (length <= 0)
    return false;
  text[length] = '\0';
  return true;
}

bool
procfs_boot_id (char id[PROCFS_BOOT_ID_LENGTH + 1])
{
  return read_text ("/proc/sys/kernel/random/boot_id", id, PROCFS_BOOT_ID_LENGTH + 1)
         && strlen (id) == PROCFS_BOOT_ID_LENGTH;
}

bool
procfs_start_time (pid_t pid, uint64_t *start_time)
{
  char path[32];
  char text[1024];
  snprintf (path, sizeof path, "/proc/%d/stat", (int)pid);
  if (!read_text (path, text, sizeof text))
    return false;

  /* Field 2, the name of the program, may hold spaces and brackets: count from its last bracket, which ends field 2. */
  const char *field = strrchr (text, ')');
  for (int number = 2; field != NULL && number < 22; number++)
    field = strchr (field + 1, ' ');
  if (field == NULL)
    return false;
  *start_time = strtoull (field + 1, NULL, 10);
  return true;
}
