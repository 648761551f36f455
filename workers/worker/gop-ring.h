/* The frames since the last keyframe of the leading video track, all tracks together in order of arrival, by reference.
 * Without video, the last few frames. Not thread safe: the hub locks. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

typedef struct
{
  GQueue items; /* HubFrame with buffer and caps owned, oldest first; begins with a keyframe or is empty */
  gsize bytes;
} GopRing;

void gop_ring_init (GopRing *self);
void gop_ring_clear (GopRing *self);

/* `primary`: index of the track whose keyframes begin a GOP; -1 without video. */
void gop_ring_append (GopRing *self, const HubFrame *frame, gint primary);
void gop_ring_foreach (GopRing *self, const HubSinkFuncs *funcs, gpointer user_data);

G_END_DECLS
