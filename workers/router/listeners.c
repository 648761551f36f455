#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* So many clients wait while the working process is restarted. */
#define BACKLOG 1024

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

/* Splits at the last colon; the brackets of an IPv6 literal are needed. Returns the length of the address, or 0. */
static socklen_t
parse_address (const char *text, Address *address)
{
  memset (address, 0, sizeof *address);
  const char *colon = strrchr (text, ':');
  guint64 port;
  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return 0;

  gsize length = colon - text;
  if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
    g_autofree char *host = g_strndup (text + 1, length - 2);
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons (port);
    return inet_pton (AF_INET6, host, &address->v6.sin6_addr) == 1 ? sizeof address->v6 : 0;
  }
  g_autofree char *host = g_strndup (text, length);
  address->v4.sin_family = AF_INET;
  address->v4.sin_port = htons (port);
  return inet_pton (AF_INET, host, &address->v4.sin_addr) == 1 ? sizeof address->v4 : 0;
}

static ListenersResult
open_one (const char *text, GArray *fds)
{
  Address address;
  socklen_t length = parse_address (text, &address);
  if (length == 0) {
    g_printerr ("dslrs-router: cannot listen on %s: not ADDRESS:PORT with an IPv4 address or an IPv6 one in brackets\n",
                text);
    return LISTENERS_USAGE;
  }

  int on = 1;
  int fd = socket (address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind (fd, &address.any, length) == 0
      && listen (fd, BACKLOG) == 0) {
    g_array_append_val (fds, fd);
    return LISTENERS_OK;
  }
  int code = errno;
  if (fd >= 0)
    close (fd);
  g_printerr ("dslrs-router: cannot listen on %s: %s\n", text, g_strerror (code));
  return code == EADDRINUSE ? LISTENERS_IN_USE : LISTENERS_FAILED;
}

ListenersResult
listeners_open (char **addresses, GArray *fds)
{
  for (; *addresses != NULL; addresses++) {
    ListenersResult result = open_one (*addresses, fds);
    if (result != LISTENERS_OK)
      return result;
  }
  return LISTENERS_OK;
}
