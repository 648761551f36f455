/* Where readers of a tap come in: a listening Unix socket and those who came. For the main thread. */
#pragma once

#include "reporter.h"
#include "tap-reader.h"

G_BEGIN_DECLS

typedef struct _TapDoor TapDoor;

typedef struct
{
  Hub *hub;
  Reporter *reporter;
  const char *id; /* of the output, for the log; borrowed as long as the door is there */
  TapKind kind;
} TapDoorSettings;

typedef struct
{
  guint readers;
  guint64 frames_sent;
  guint64 frames_dropped;
} TapDoorStats;

/* `listener`: non-blocking, (transfer full). */
TapDoor *tap_door_new (const TapDoorSettings *settings, int listener);
/* Ends the readers. */
void tap_door_free (TapDoor *self);

/* Adds to `stats`. */
void tap_door_add_stats (TapDoor *self, TapDoorStats *stats);

G_END_DECLS
