/* The few answers that the router gives itself, in the protocol of the request. */
#pragma once

#include "request.h"

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ANSWER_BAD_REQUEST = 400,
  ANSWER_NOT_FOUND = 404,
  ANSWER_NOT_ENOUGH_BANDWIDTH = 453, /* of RTSP: no room for another viewer */
  ANSWER_UNAVAILABLE = 503
} AnswerStatus;

/* A refusal with one sentence in its body, and in its status line where that is all that most clients show: of 404 and
 * 453 in RTSP. (transfer full) */
char *answer_refusal (const Request *request, AnswerStatus status, const char *sentence);

/* To OPTIONS without a mount. (transfer full) */
char *answer_options (const Request *request);

G_END_DECLS
