/* The listening socket of a tap, at a path that others were told: it takes the place of the one that a worker of before
 * left there in one step, with its mode and group. */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct
{
  const char *path;  /* absolute; missing folders above it are made */
  guint mode;        /* permission bits */
  const char *group; /* its name; NULL: that of the process */
} TapPlace;

typedef struct
{
  int listener; /* non-blocking and close-on-exec */
  char *path;
  dev_t device;
  ino_t inode;
} TapSocket;

/* FALSE with `error` (G_IO_ERROR), one sentence that names the path. */
gboolean tap_socket_open (TapSocket *self, const TapPlace *place, GError **error);
/* Removes the file, if it is still this socket's. The descriptor is left alone. */
void tap_socket_remove (TapSocket *self);

G_END_DECLS
