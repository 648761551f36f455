/* Hands an open descriptor to another process over a Unix stream socket (SCM_RIGHTS), together with one short line of
 * text. One connection carries one descriptor. Errors are G_IO_ERROR; on a non-blocking socket G_IO_ERROR_WOULD_BLOCK
 * is one of them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* With its newline. */
#define FDPASS_MAX_LINE 1024

/* `line` comes without its newline; `fd` stays the caller's. */
gboolean fdpass_send (int socket, int fd, const char *line, GError **error);

/* The descriptor, close-on-exec, or -1. `line` is without its newline: (out) (transfer full). Anything but one whole
 * line with exactly one descriptor is an error (G_IO_ERROR_INVALID_DATA), and so is a peer that closed
 * (G_IO_ERROR_CLOSED). */
int fdpass_receive (int socket, char **line, GError **error);

G_END_DECLS
