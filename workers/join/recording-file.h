/* Opens a recording below its root, whatever its name is by now: one that is being written gets another when it is
 * finished. No symbolic link below the root is followed. */
#pragma once

#include "place.h"
#include "request.h"

G_BEGIN_DECLS

/* `is_last`: no other one follows it. Where one does, waits for the end of what is being written: it is near.
 * `place` has to be closed in any case. */
gboolean recording_file_open (const RequestFile *file, gboolean is_last, Place *place, GError **error);
/* FALSE as soon as it has its final name. */
gboolean recording_file_is_part (const Place *place);

G_END_DECLS
