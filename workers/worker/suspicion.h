/* The suspicion that a source fell silent, told as `suspect` and `suspectCleared` (docs/worker-protocol.md). Per track:
 * sound never masks a dead picture. Nothing polls: each track has an alarm that its data put off, and a silence ends
 * with the data that ends it. Main thread only. */
#pragma once

#include "hub.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Suspicion Suspicion;

Suspicion *suspicion_new (Hub *hub, Reporter *reporter);
void suspicion_free (Suspicion *self);

/* Watches `life`, which is up, from now on. `suspect_ms`: the silence to report; 0: max(80 ms, 2 usual intervals). */
void suspicion_begin (Suspicion *self, guint64 life, guint suspect_ms);
void suspicion_end (Suspicion *self);

G_END_DECLS
