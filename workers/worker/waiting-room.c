#include "waiting-room.h"
#include "reason_file.h"

#define MAX_WAITING 256
#define WAIT_S 5

struct _WaitingRoom
{
  Hub *hub;
  guint when_ready;
  gboolean stills;
  GPtrArray *guests; /* Guest, in the order of their coming */
  WaitingRoomReady ready;
  gpointer user_data;
};

typedef struct
{
  WaitingRoom *room;
  Newcomer *newcomer;
  guint deadline;
} Guest;

/* The worker's own directory is its bundle. */
static void
turn_away_in_vain (Newcomer *newcomer)
{
  g_autofree char *reason = reason_file_read (".");

  newcomer_turn_away (newcomer, reason != NULL ? reason : "There is no picture yet");
}

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  g_clear_handle_id (&guest->deadline, g_source_remove);
  if (guest->newcomer != NULL)
    turn_away_in_vain (guest->newcomer);
  g_free (guest);
}

static void
let_in (WaitingRoom *self)
{
  while (self->guests->len > 0) {
    Guest *guest = g_ptr_array_steal_index (self->guests, 0);

    self->ready (g_steal_pointer (&guest->newcomer), self->user_data);
    guest_free (guest);
  }
}

static void
on_ready (gpointer user_data)
{
  WaitingRoom *self = user_data;

  self->when_ready = 0;
  let_in (self);
}

void
waiting_room_set_stills (WaitingRoom *self, gboolean shown)
{
  self->stills = shown;
  if (shown)
    let_in (self);
}

static gboolean
on_deadline (gpointer user_data)
{
  Guest *guest = user_data;

  guest->deadline = 0;
  g_ptr_array_remove (guest->room->guests, guest);
  return G_SOURCE_REMOVE;
}

void
waiting_room_enter (WaitingRoom *self, Newcomer *newcomer)
{
  if (self->stills || hub_is_ready (self->hub)) {
    self->ready (newcomer, self->user_data);
    return;
  }
  if (self->guests->len >= MAX_WAITING) {
    newcomer_turn_away (newcomer, "There is no picture yet, and too many wait for it");
    return;
  }
  Guest *guest = g_new0 (Guest, 1);
  guest->room = self;
  guest->newcomer = newcomer;
  guest->deadline = g_timeout_add_seconds (WAIT_S, on_deadline, guest);
  g_ptr_array_add (self->guests, guest);
  if (self->when_ready == 0)
    self->when_ready = hub_when_ready (self->hub, on_ready, self);
}

WaitingRoom *
waiting_room_new (Hub *hub, WaitingRoomReady ready, gpointer user_data)
{
  WaitingRoom *self = g_new0 (WaitingRoom, 1);

  self->hub = hub;
  self->guests = g_ptr_array_new_with_free_func (guest_free);
  self->ready = ready;
  self->user_data = user_data;
  return self;
}

void
waiting_room_free (WaitingRoom *self)
{
  if (self->when_ready != 0)
    hub_cancel_ready (self->hub, self->when_ready);
  g_ptr_array_unref (self->guests);
  g_free (self);
}
