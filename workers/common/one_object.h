/* A strict look at untrusted text before json-glib reads it. json-glib accepts comments, quotes of other kinds and
 * several values in a row, and it calls itself for every bracket, so a line of opening brackets would exhaust the
 * stack. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ONE_OBJECT_MAX_DEPTH 32

/* TRUE if `text` is valid UTF-8, has the outline of exactly one JSON object, and nests at most ONE_OBJECT_MAX_DEPTH
 * deep. */
gboolean one_object_check (const char *text, gsize length);

G_END_DECLS
