/* The producer of a `pattern` mount: a test picture with clock, name and frame number burnt in, encoded live.
 *
 * The encoder starts with the first viewer and then never stops, as a real camera's: whoever comes later sees a clock
 * that ran on. A viewer that begins gets a keyframe of its own at once. */
#pragma once

#include "feed.h"
#include "spec.h"

G_BEGIN_DECLS

typedef struct _Pattern Pattern;

/* (transfer full): lives as long as the process. `name` is what the picture shows. */
Pattern *pattern_new (const PatternSpec *spec, const char *name, GError **error);
Feed *pattern_feed (Pattern *self);

/* Another size and frame rate from now on: the viewers there are get it in band. */
void pattern_set_format (Pattern *self, const PatternSpec *spec);
/* Rests until there is a viewer again. */
void pattern_rest (Pattern *self);

G_END_DECLS
