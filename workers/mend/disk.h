/* Reading and changing a file whose end may be missing. Errors are MEND_ERROR_IO. */
#pragma once

#include "facts.h"

G_BEGIN_DECLS

#define DISK_WINDOW 4096

/* A look into a file that moves forward: the small headers of one place cost one read. */
typedef struct
{
  int fd;
  guint64 at;
  gsize length;
  gboolean failed; /* a read failed: the end that was seen is not the file's */
  guint8 data[DISK_WINDOW];
} DiskWindow;

void disk_window_init (DiskWindow *self, int fd);
/* `size` bytes (at most DISK_WINDOW) at `at`, good until the next call; NULL where the file ends before. */
const guint8 *disk_window_at (DiskWindow *self, guint64 at, gsize size);

/* NULL with `error` when they are not all there. */
guint8 *disk_read (int fd, guint64 at, gsize size, GError **error);
gboolean disk_write (int fd, guint64 at, const guint8 *data, gsize size, GError **error);
gboolean disk_cut (int fd, guint64 size, GError **error);
gboolean disk_sync (int fd, GError **error);
gboolean disk_size (int fd, guint64 *size, GError **error);

G_END_DECLS
