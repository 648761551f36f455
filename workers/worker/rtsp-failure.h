/* Failures of an RTSP conversation: objects of docs/worker-protocol.md, (transfer full). */
#pragma once

#include "rtsp-message.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

gboolean rtsp_failure_is (JsonNode *failure, const char *reason);

/* Of an answer with an error status. */
JsonNode *rtsp_failure_of_answer (GstRTSPMethod method, const GstRTSPMessage *answer);

/* While an answer was owed; an end of the connection is no orderly one then. Consumes `failure`. */
JsonNode *rtsp_failure_instead_of_answer (GstRTSPMethod method, JsonNode *failure);

G_END_DECLS
