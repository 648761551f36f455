/* Requests for a keyframe on their way to the ingest: from any thread, carried out on the main context and not too
 * often.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _KeyframeRequests KeyframeRequests;

typedef void (*KeyframeFunc) (gpointer user_data);

KeyframeRequests *keyframe_requests_new (void);
void keyframe_requests_free (KeyframeRequests *self);

/* How to ask `life`; NULL to forget it. Called on the main thread, NULL guarantees that no call is under way or comes.
 */
void keyframe_requests_set (KeyframeRequests *self, guint64 life, KeyframeFunc func, gpointer user_data);

/* Asks `life`, at most once a second. Takes no lock of the caller's and never blocks. */
void keyframe_requests_ask (KeyframeRequests *self, guint64 life);

G_END_DECLS
