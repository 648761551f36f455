/* What a command starts and leaves: its children's children come to the shim when their parent ends, and end with the
 * command. One in a session of its own could be found in no other way, and would go on using the camera and the files.
 */

#pragma once

#include <sys/types.h>

/* To be called before the command starts. */
void orphans_take (void);

/* Forgets those that have ended; `command` is left for its own wait. */
void orphans_reap (pid_t command);

/* Ends all that are left. Takes at most about a second. */
void orphans_end (void);
