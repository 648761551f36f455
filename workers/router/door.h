/* Accepts clients and bounds how many may be on their way to a worker. */
#pragma once

#include "keeper.h"
#include "listeners.h"
#include "routes.h"

G_BEGIN_DECLS

#define DOOR_MAX_CLIENTS 1024
#define DOOR_MAX_HALF_OPEN_PER_ADDRESS 64
/* A client that speaks TLS costs a process before it has said what it wants. */
#define DOOR_MAX_HALF_OPEN_TLS 64
#define DOOR_MAX_HALF_OPEN_TLS_PER_ADDRESS 16

typedef struct _Door Door;

typedef struct
{
  guint64 accepted;
  guint64 handed_over;
  guint64 refused;
  guint pending;     /* on their way */
  guint connections; /* at workers */
  guint viewers;     /* of those */
} DoorStats;

typedef struct
{
  Keeper *keeper;
  Routes *routes;
  const char *tls_program;
} DoorParts;

/* With the listeners that `parts->keeper` has, none at first. What `parts` holds must outlive the door. */
Door *door_new (const DoorParts *parts);
void door_free (Door *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Door, door_free)

/* Listens where the spec says. Otherwise nothing changes, and `problem` says why: (out) (transfer full). */
ListenersResult door_listen (Door *self, char **problem);

/* (element-type Listener) (transfer none) */
GPtrArray *door_get_listeners (const Door *self);

DoorStats door_get_stats (const Door *self);

G_END_DECLS
