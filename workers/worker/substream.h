/* The substream: a second, smaller picture of the same camera, for viewers whose line does not bear the first. It has
 * a hub of its own, on the clock of the stream's.
 *
 * It is connected to only while a viewer wants it, and a little longer. What becomes of it is no matter of the stream:
 * it tries again by itself, and its troubles are lines in the log. */
#pragma once

#include "hub.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Substream Substream;

/* `hub`: the stream's. */
Substream *substream_new (Hub *hub, Reporter *reporter, const char *pipelines);
/* FALSE when an ingest hangs: then its hub stays, and so must the stream's and the reporter. */
gboolean substream_free (Substream *self);

/* The member `substream` of an output's settings: NULL without one, (transfer none). FALSE with `error` where it is not
 * valid. */
gboolean substream_read (JsonObject *settings, JsonObject **substream, GError **error);
/* What that says, or NULL: there is none. The same again changes nothing. */
void substream_set (Substream *self, JsonObject *settings);
/* The stream's source, as ordered: the substream has its credentials and the like. One without them has no substream.
 */
void substream_set_main (Substream *self, JsonObject *source);

Hub *substream_hub (Substream *self);

/* A viewer wants it: it may come now. */
void substream_want (Substream *self);
/* The same viewer does not any more. From any thread. */
void substream_unwant (Substream *self);

G_END_DECLS
