/* Unix stream sockets in a bundle directory. Socket paths end at 107 bytes, so a name is taken relative to a directory:
 * bound after chdir(), connected through /proc/self/fd. Errors are G_IO_ERROR. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A listening socket `name` (0600) in the working directory, non-blocking and close-on-exec; replaces a stale one. -1
 * on error. */
int unix_socket_listen (const char *name, GError **error);

/* Begins to connect to `name` in `directory`, non-blocking and close-on-exec. A Unix socket connects at once, unless
 * the listener's backlog is full: G_IO_ERROR_WOULD_BLOCK. -1 on error. */
int unix_socket_connect (const char *directory, const char *name, GError **error);

/* The next connection of a listening socket, non-blocking and close-on-exec, or -1: G_IO_ERROR_WOULD_BLOCK when there
 * is none. */
int unix_socket_accept (int listener, GError **error);

G_END_DECLS
