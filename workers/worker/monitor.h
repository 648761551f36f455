/* What passes the hub, counted per track: for `stats` and for `ingestUp`. */
#pragma once

#include "hub.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Monitor Monitor;

/* `first_frame` is called on the main thread when a life's first keyframe (without video: first frame) has passed. */
typedef void (*MonitorFirstFrame) (guint64 life, gpointer user_data);

Monitor *monitor_new (Hub *hub, Reporter *reporter, MonitorFirstFrame first_frame, gpointer user_data);
void monitor_free (Monitor *self);

/* Adds the member `tracks` with formats (ingestUp, tracks, ready). */
void monitor_add_tracks (Monitor *self, JsonBuilder *builder);
/* Adds the member `tracks` with counters (stats). */
void monitor_add_counters (Monitor *self, JsonBuilder *builder);

G_END_DECLS
