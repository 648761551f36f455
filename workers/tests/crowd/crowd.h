/* Many viewers of the same kind: a group. What they do is in their plan; what they saw is in the report. */
#pragma once

#include "session.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What epoll knows by its pointer: whoever waits for a socket begins with it. */
typedef struct
{
  void (*event) (gpointer self, guint32 events, gint64 now_us);
} Watcher;

typedef struct _Group Group;

/* Of an order `add`: {group, url, count, does, …} (main.c). NULL and `error` where it makes no sense. */
Group *group_new (JsonObject *order, int epoll, GError **error);
void group_free (Group *self);

/* Does what is due; returns when the next thing is. */
gint64 group_tick (Group *self, gint64 now_us);

/* (transfer full) */
JsonNode *group_report (Group *self);

G_END_DECLS
