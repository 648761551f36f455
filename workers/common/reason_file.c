#include "reason_file.h"

#include <fcntl.h>
#include <unistd.h>

#define MAX_BYTES 240

/* It goes into the head of an answer. */
static void
make_one_line (char *text)
{
  for (char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
}

char *
reason_file_read (const char *bundle)
{
  g_autofree char *path = g_build_filename (bundle, "reason.txt", NULL);
  char text[MAX_BYTES + 1];
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return NULL;
  ssize_t length = read (fd, text, MAX_BYTES);
  close (fd);
  if (length <= 0)
    return NULL;
  text[length] = '\0';
  make_one_line (text);
  return g_utf8_make_valid (g_strstrip (text), -1);
}
