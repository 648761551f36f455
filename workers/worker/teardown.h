/* Ends ingests on threads of their own. Bringing a pipeline to NULL waits for its streaming threads, and an element
 * that hangs in one would hang the caller: the main loop, with the viewers and the recorder of a stream whose next
 * source is fine. So the main loop waits for nothing; a new ingest waits only a moment, because many cameras take one
 * session at a time. Main thread only. */
#pragma once

#include "ingest.h"

G_BEGIN_DECLS

typedef struct _Teardown Teardown;

/* `quiet` is called when teardown_is_busy() ends being true. */
typedef void (*TeardownQuiet) (gpointer user_data);

Teardown *teardown_new (Reporter *reporter, TeardownQuiet quiet, gpointer user_data);
/* Waits a moment for what is under way. FALSE when something hangs: whatever an ingest uses must be left in place then,
 * for the short time until the process ends. */
gboolean teardown_free (Teardown *self);

/* Frees a detached ingest. (transfer full) */
void teardown_take (Teardown *self, Ingest *ingest);

/* Whether an ingest is just being ended and a new one had better wait. Not for long, even if it hangs. */
gboolean teardown_is_busy (Teardown *self);

/* Ingests that hang. Each keeps its threads, its memory and perhaps its connection. */
guint teardown_hanging (Teardown *self);

G_END_DECLS
