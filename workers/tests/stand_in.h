/* Plays the worker to the router: takes descriptors from `rtsp.sock` in a bundle, and talks to clients as a server
 * would. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *bundle;
  int listener;
} StandIn;

StandIn stand_in_new (void);
/* After its death: listens again. */
void stand_in_revive (StandIn *self);
/* Closes the listener; the socket's file stays, as that of a killed worker does. */
void stand_in_die (StandIn *self);
void stand_in_clear (StandIn *self);

/* Waits for a hand-over, takes it, and tells the router so. `line`, if not NULL: (out) (transfer full). */
int stand_in_take (StandIn *self, char **line);
/* The same as a worker does that counts: `router` is to be kept open as long as it has the client, (out). */
int stand_in_take_and_keep (StandIn *self, int *router);
/* Waits for a hand-over and leaves it unread: the connection with the router. */
int stand_in_stall (StandIn *self);
/* TRUE if a client has come. */
gboolean stand_in_is_asked (StandIn *self);

G_END_DECLS
