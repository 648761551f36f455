/* Notices that a source which sent keyframes sends none any more: its pictures go on, but no recording can begin anew
 * and nobody who joins sees anything. The source is asked for a keyframe first. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

typedef struct _KeyframeWatch KeyframeWatch;

/* Called on the main thread, once a life. */
typedef void (*KeyframesGone) (guint64 life, guint seconds, gpointer user_data);

KeyframeWatch *keyframe_watch_new (Hub *hub, KeyframesGone gone, gpointer user_data);
void keyframe_watch_free (KeyframeWatch *self);

/* `patience_ms`: no shorter time without a keyframe counts, and none that is not far beyond what is usual. */
void keyframe_watch_set_patience (KeyframeWatch *self, guint patience_ms);

G_END_DECLS
