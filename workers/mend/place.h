/* A file below a root: found without following a symbolic link below it, and given another name without ever
 * overwriting one. */
#pragma once

#include "facts.h"

G_BEGIN_DECLS

typedef struct
{
  int folder;
  int fd;
  char *above; /* the path of the folder, with a slash at its end; "" for the root */
  char *name;
} Place;

/* `path` is relative to `root`. `writable` gets the lock of the file, too: MEND_ERROR_BUSY while somebody has it. */
gboolean place_open (Place *self, const char *root, const char *path, gboolean writable, GError **error);
void place_close (Place *self);

/* Whether there is something of that name beside it. */
gboolean place_has (const Place *self, const char *name);
/* Renames it to `name`, or where that is in use with -1, -2 … before its extension, and brings that to the disk.
 * The new path below the root: (transfer full). */
char *place_rename (Place *self, const char *name, GError **error);

G_END_DECLS
