/* The clients that workers have: how many there are, by address. A worker keeps the connection of a hand-over open as
 * long as it has the client. */
#pragma once

#include "spec.h"

G_BEGIN_DECLS

typedef struct _Guests Guests;
typedef struct _Guest Guest;

typedef enum
{
  GUESTS_ROOM,
  GUESTS_TOO_MANY,
  GUESTS_TOO_MANY_FROM_ADDRESS,
  GUESTS_TOO_MANY_VIEWERS
} GuestsRoom;

Guests *guests_new (void);
/* Those that are at workers stay there. */
void guests_free (Guests *self);

/* Whether one more may go to a worker; `is_viewer` is FALSE of the second connection of a tunnel. */
GuestsRoom guests_room (Guests *self, const SpecLimits *limits, const char *address, gboolean is_viewer);

/* Counts from now on. (transfer none): to be given to one of the next two. */
Guest *guests_add (Guests *self, const char *address, gboolean is_viewer);
/* The worker has it until `connection` is closed: (transfer full). */
void guests_settle (Guests *self, Guest *guest, int connection);
/* It does not count any more. */
void guests_remove (Guests *self, Guest *guest);

guint guests_count (const Guests *self);
guint guests_count_viewers (const Guests *self);

G_END_DECLS
