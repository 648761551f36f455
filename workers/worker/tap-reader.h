/* One reader of a tap: takes frames from the hub and writes them to a socket, in a thread of its own.
 *
 * It begins with the GOP in the hub's ring. What it does not take waits in a bounded queue; when that is full, frames
 * are dropped up to the next keyframe, and a reader that takes nothing for ten seconds is over. Nobody else notices.
 * Every time the reader is over its socket hangs up, whichever side did it: that is what its owner watches. */
#pragma once

#include "tap-packets.h"

G_BEGIN_DECLS

typedef struct _TapReader TapReader;

/* `fd`: connected and non-blocking, (transfer full). */
TapReader *tap_reader_new (Hub *hub, TapKind kind, int fd);
/* Ends it, whatever it does. */
void tap_reader_free (TapReader *self);

/* Ends it from any thread, without waiting. */
void tap_reader_shut (TapReader *self);
/* TRUE when it has taken nothing for too long. */
gboolean tap_reader_is_stalled (TapReader *self);
void tap_reader_get_counts (TapReader *self, guint64 *sent, guint64 *dropped);

G_END_DECLS
