/* Many viewers of the same kind: a group. What they do is in their plan; what they saw is in the report. */
#pragma once

#include "session.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _Group Group;

/* Of an order `add`: {group, url, count, does, …} (main.c). NULL and `error` where it makes no sense. */
Group *group_new (JsonObject *order, int epoll, GError **error);
void group_free (Group *self);

/* What epoll said of `member`, which it knows by this pointer. */
void group_member_event (gpointer member, guint32 events, gint64 now_us);
/* Does what is due; returns when the next thing is. */
gint64 group_tick (Group *self, gint64 now_us);

/* (transfer full) */
JsonNode *group_report (Group *self);

G_END_DECLS
