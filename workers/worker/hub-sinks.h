/* The outputs at a hub. Not thread safe: the hub locks. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

typedef struct
{
  GPtrArray *sinks;
  guint last_id;
} HubSinks;

void hub_sinks_init (HubSinks *self);
void hub_sinks_clear (HubSinks *self);

/* The id, never 0. */
guint hub_sinks_add (HubSinks *self, const HubSinkFuncs *funcs, gpointer user_data);
void hub_sinks_remove (HubSinks *self, guint id);

void hub_sinks_deliver (const HubSinks *self, const HubFrame *frame);
void hub_sinks_tell_ingest_down (const HubSinks *self, const char *reason);

G_END_DECLS
