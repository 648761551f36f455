/* The ingest: everything between a source and the hub. One life of a source is one Ingest; it ends once, with a
 * failure. All functions here are for the main thread. */
#pragma once

#include "hub.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Ingest Ingest;

/* Called once, on the main thread, when the life ended by itself. `failure`: an object of docs/worker-protocol.md,
 * (transfer full). The Ingest still exists; the owner frees it. */
typedef void (*IngestEnded) (Ingest *ingest, JsonNode *failure, gpointer user_data);

typedef struct
{
  Hub *hub;
  Reporter *reporter;
  const char *pipelines;
  guint64 life;
  guint connect_ms;     /* the source has answered; 0: no limit */
  guint first_frame_ms; /* its first keyframe came; 0: no limit */
  IngestEnded ended;
  gpointer user_data;
} IngestSettings;

/* `source`: the object of the `startIngest` order. Never fails: what is wrong with it ends the life soon, through
 * `ended`. */
Ingest *ingest_start (const IngestSettings *settings, JsonObject *source);

/* From here on no frame of it gets through, the outputs are told `reason`, and `ended` is not called. Never blocks. */
void ingest_detach (Ingest *ingest, const char *reason);

/* Detaches, ends its threads and frees. Blocks for as long as an element of the pipeline does; after ingest_detach()
 * any thread may call it. */
void ingest_free (Ingest *ingest, const char *reason);

/* A frame has passed: the first-frame deadline is met. */
void ingest_set_running (Ingest *ingest);

/* Where in its file it is; -1 where there is no file, or no frame of it yet. */
gint64 ingest_position_ms (Ingest *ingest);

G_END_DECLS
