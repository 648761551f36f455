/* `reason.txt` in the bundle of a stream: the sentence in which the supervisor says why the stream has no picture,
 * while it has none. For viewers who are turned away. */
#pragma once

#include <glib.h>

/* One line of printable characters: (transfer full). NULL where there is none. */
char *reason_file_read (const char *bundle);
