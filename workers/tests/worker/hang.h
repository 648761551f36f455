/* An element, "hang", that does not stop before it is let go. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void hang_register (void);
void hang_let_all_go (void);

G_END_DECLS
