#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static gboolean
fill_address (struct sockaddr_un *address, const char *path, GError **error)
{
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (g_strlcpy (address->sun_path, path, sizeof address->sun_path) < sizeof address->sun_path)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG, "%s is too long for a socket path", path);
  return FALSE;
}

/* Sets `error` from errno and closes `fd`, if there is one. Always -1. */
static int
fail (int fd, const char *what, const char *name, GError **error)
{
  int code = errno;
  if (fd >= 0)
    close (fd);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s %s: %s", what, name, g_strerror (code));
  return -1;
}

static int
new_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int
unix_socket_listen (const char *name, GError **error)
{
  struct sockaddr_un address;
  if (!fill_address (&address, name, error))
    return -1;
  int fd = new_socket ();
  if (fd < 0)
    return fail (fd, "socket for", name, error);
  if (unlink (name) < 0 && errno != ENOENT)
    return fail (fd, "cannot remove the old", name, error);
  /* Linux gives the file the mode of the unbound socket, so it never exists with a wider one. */
  if (fchmod (fd, 0600) < 0 || bind (fd, (struct sockaddr *)&address, sizeof address) < 0 || listen (fd, BACKLOG) < 0)
    return fail (fd, "cannot listen on", name, error);
  return fd;
}

int
unix_socket_connect (const char *directory, const char *name, GError **error)
{
  int directory_fd = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd < 0)
    return fail (-1, "cannot open", directory, error);

  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", directory_fd, name);
  struct sockaddr_un address;
  int fd = -1;
  if (fill_address (&address, path, error)) {
    fd = new_socket ();
    if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof address) < 0)
      fd = fail (fd, "cannot connect to", name, error);
  }
  close (directory_fd);
  return fd;
}

int
unix_socket_accept (int listener, GError **error)
{
  int fd;
  do
    fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
  return fd >= 0 ? fd : fail (fd, "cannot accept on", "a Unix socket", error);
}
