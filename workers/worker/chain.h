/* The socket at which a worker gives its stream to others of the same instance: `chain.sock` in the bundle, for those
 * whose source it is (ingest-stream.c). */
#pragma once

#include "tap-door.h"

G_BEGIN_DECLS

#define CHAIN_SOCKET "chain.sock"
/* What the other side may say: it has use for a keyframe. */
#define CHAIN_WANTS_KEYFRAME "k"

/* In the working directory. NULL with `error`. */
TapDoor *chain_open (Hub *hub, Reporter *reporter, GError **error);
void chain_close (TapDoor *door);

G_END_DECLS
