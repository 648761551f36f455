/* Writes small files so that a reader sees the old text or the new one, never a part. Plain C, for the shim. */
#pragma once

#include <stdbool.h>

/* Writes `text` to a temporary name beside `path` (mode 0600) and renames it. False with errno; nothing is left behind
 * then. No fsync: the files tell about processes, which do not outlive a power cut either. */
bool atomic_file_write (const char *path, const char *text);
