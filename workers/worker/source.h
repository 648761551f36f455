/* The stream's source over all its lives: starts and stops the ingest as ordered, tells how it is, and without a
 * supervisor repeats the last retry delay by itself. Main thread only. */
#pragma once

#include "hub.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Source Source;

Source *source_new (Hub *hub, Reporter *reporter, const char *pipelines);
/* FALSE when an ingest hangs: then it stays as it is, and so must the hub and the reporter. */
gboolean source_free (Source *self);

/* Carries out `startIngest`; FALSE with `error` when the order makes no sense. */
gboolean source_start (Source *self, JsonObject *order, GError **error);
void source_stop (Source *self);

/* Whether a supervisor is there, which decides about retries then. */
void source_set_attended (Source *self, gboolean attended);

/* Add the member `ingest` of `ready` and of `stats`. */
void source_add_picture (Source *self, JsonBuilder *builder);
void source_add_stats (Source *self, JsonBuilder *builder);

G_END_DECLS
