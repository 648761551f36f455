/* RTSP clients that came before there was anything to show: their requests stay unread until the hub is ready, or a
 * still is shown. Who has waited too long, or finds the room full, is answered 503 and told to come again. */
#pragma once

#include "hub.h"
#include "newcomer.h"

G_BEGIN_DECLS

typedef struct _WaitingRoom WaitingRoom;

/* `newcomer`: (transfer full). */
typedef void (*WaitingRoomReady) (Newcomer *newcomer, gpointer user_data);

/* On the main context. */
WaitingRoom *waiting_room_new (Hub *hub, WaitingRoomReady ready, gpointer user_data);
/* Those who wait are answered 503. */
void waiting_room_free (WaitingRoom *self);

/* Whether stills are shown: then nobody has to wait for the hub. */
void waiting_room_set_stills (WaitingRoom *self, gboolean shown);

/* `ready` is called at once where there is something to show. `newcomer`: (transfer full). */
void waiting_room_enter (WaitingRoom *self, Newcomer *newcomer);

G_END_DECLS
