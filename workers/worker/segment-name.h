/* The names of recorded files: a template below a root, with placeholders for the moment of the first frame. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Relative, without `..`, with `{time}` in its last part: then no two moments have one name, and none leaves the root.
 */
gboolean segment_name_is_valid (const char *template);
/* Fills in {date} {year} {month} {day} {hour} {time}, UTC; all else stays as it is. (transfer full) */
char *segment_name_expand (const char *template, gint64 started_ms);

G_END_DECLS
