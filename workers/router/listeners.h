/* The public listening sockets. They are opened once, by the process that keeps them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LISTENERS_OK = 0,
  LISTENERS_FAILED = 1,
  LISTENERS_USAGE = 2,
  LISTENERS_IN_USE = 98 /* another program has the port */
} ListenersResult;

/* Opens one for each of `addresses` ("127.0.0.1:8554", "[::1]:8554"; NULL-terminated) and appends its descriptor to
 * `fds` (element-type int). When one cannot be opened, says which and why on standard error. */
ListenersResult listeners_open (char **addresses, GArray *fds);

G_END_DECLS
