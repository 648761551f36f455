/* A process that dies in the middle of its work, as its files see it: from one change on, of which half is made,
 * nothing reaches the disk. For programs linked with --wrap of the calls. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The `nth` change from now on is the last, 1 is the next one. */
void death_comes_at (guint nth);
/* It does not come any more. FALSE when it did not come. */
gboolean death_came (void);

G_END_DECLS
