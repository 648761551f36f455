/* Reports to the supervisor (docs/worker-protocol.md), from any thread. */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _Reporter Reporter;

/* `deliver` is called on the main thread, in the order of sending, while it is set; without it logs go to standard
 * error, the last recordings that were closed are kept for the next one, and other reports are dropped. */
typedef void (*ReporterDeliver) (JsonNode *report, gpointer user_data);

Reporter *reporter_new (void);
void reporter_free (Reporter *self);
/* Main thread only. */
void reporter_set_deliver (Reporter *self, ReporterDeliver deliver, gpointer user_data);
/* Delivers what waits. Main thread only. */
void reporter_flush (Reporter *self);

/* Sends one report: an object with a member `type`. (transfer full) */
void reporter_send (Reporter *self, JsonNode *report);

/* A `log` report. `level`: debug info warn error. */
void reporter_log (Reporter *self, const char *level, const char *source, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Failures, as docs/worker-protocol.md describes them. Each returns an object node: (transfer full) */
JsonNode *failure_new (const char *reason, const char *format, ...) G_GNUC_PRINTF (2, 3);
JsonNode *failure_from_error (const char *element, const GError *error, const char *debug);
JsonNode *failure_from_message (GstMessage *error_message);

G_END_DECLS
