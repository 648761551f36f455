/* File descriptors of the process: a viewer takes 5 over TCP and up to 30 over UDP, and GLib ends a process that has
 * none left. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As many as the system lets this process have, up to enough for all viewers. */
void descriptors_allow (void);
/* TRUE when `fd`, which was just opened, tells that those who are here already may need what is left. */
gboolean descriptors_are_scarce (int fd);

G_END_DECLS
