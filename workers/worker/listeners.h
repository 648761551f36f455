/* Who listens to a multicast mount: one viewer sends to the group for all of them, as long as there is one. */
#pragma once

#include "viewer-group.h"

G_BEGIN_DECLS

typedef struct _Listeners Listeners; /* counted references; for any thread */

/* (transfer full). NULL with `error` where there is nothing to show. */
typedef Viewer *(*ListenersMakeViewer) (gpointer user_data, GError **error);

Listeners *listeners_new (ViewerGroup *group, ListenersMakeViewer make, gpointer user_data);
Listeners *listeners_ref (Listeners *self);
void listeners_unref (Listeners *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Listeners, listeners_unref)

/* Gives `client` a seat, until it leaves or is gone. FALSE: it is to hear why it gets none. On the client's thread. */
gboolean listeners_admit (Listeners *self, GstRTSPClient *client);
void listeners_leave (GstRTSPClient *client);
/* `client` plays in `session`. */
void listeners_joined (GstRTSPClient *client, GstRTSPSession *session, const ViewerIdentity *identity);

/* The viewer, for the one media that it feeds; NULL when there is none, or another media has it: (transfer full). */
Viewer *listeners_take_viewer (Listeners *self);
/* That media is gone. */
void listeners_drop_viewer (Listeners *self, Viewer *viewer);

G_END_DECLS
