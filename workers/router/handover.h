/* Gives one client's socket to the worker that serves it (docs/worker-protocol.md, The router). The worker may be dead,
 * stopped or busy: nothing here waits for it longer than HANDOVER_WITHIN_MS, and nothing blocks. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HANDOVER_WITHIN_MS 500

typedef struct _Handover Handover;

/* Comes once, from the main loop. If the socket was not `taken` it may still lie unread before the worker: shut it
 * down. */
typedef void (*HandoverDone) (gboolean taken, gpointer user_data);

/* `fd` stays the caller's and must stay open until the end; `line` describes the client. */
Handover *handover_start (int fd, const char *bundle, const char *line, HandoverDone done, gpointer user_data);

/* Of a socket that was taken: the connection that the worker keeps open as long as it has the client, (transfer full),
 * or -1 where it closed it at once. */
int handover_steal_connection (Handover *self);

/* May be called inside `done`. */
void handover_free (Handover *self);

G_END_DECLS
