/* Accepts clients and bounds how many may be on their way to a worker. */
#pragma once

#include "routes.h"

#include <glib.h>

G_BEGIN_DECLS

#define DOOR_MAX_CLIENTS 1024
#define DOOR_MAX_HALF_OPEN_PER_ADDRESS 64

typedef struct _Door Door;

typedef struct
{
  guint64 accepted;
  guint64 handed_over;
  guint64 refused;
  guint pending;
} DoorStats;

/* `listeners` (element-type int) are listening, non-blocking sockets; they and `routes` must outlive the door. */
Door *door_new (GArray *listeners, Routes *routes);
void door_free (Door *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Door, door_free)

DoorStats door_get_stats (const Door *self);

G_END_DECLS
