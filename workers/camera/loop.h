/* The producer of `file` mounts: clips repeated for ever in real time, without encoding anything.
 *
 * One thread serves all mounts and all viewers from the frames in memory; clips are read once for all mounts that play
 * them. Each viewer has its own position, so that it begins with a keyframe at once. At the wrap the leading track
 * steps by one frame interval. Another track keeps its own cadence over the wrap and begins anew with the first of its
 * frames that falls into the new round; where it is shorter than the leading one it repeats meanwhile. */
#pragma once

#include "feed.h"

G_BEGIN_DECLS

typedef struct _Loop Loop;

/* Starts the thread. (transfer full): lives as long as the process. */
Loop *loop_new (void);

/* The feed of one mount: (transfer full), lives as long as the process. */
Feed *loop_add_file (Loop *self, const char *path, GError **error);

G_END_DECLS
