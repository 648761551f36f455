/* Where a file with `resume` is, kept in the bundle: a new worker goes on there, as long as the file is the same. */
#pragma once

#include "file-check.h"

G_BEGIN_DECLS

/* In nanoseconds of the file's time; 0 where nothing is kept, or only of another file. */
gint64 file_position_read (const char *path, const FileIdentity *identity);
/* A position that cannot be kept is no failure of the stream. */
void file_position_write (const char *path, const FileIdentity *identity, gint64 position);
void file_position_forget (void);

G_END_DECLS
