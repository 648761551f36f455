/* The few answers that the router gives itself, in the protocol of the request. */
#pragma once

#include "request.h"

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ANSWER_BAD_REQUEST = 400,
  ANSWER_NOT_FOUND = 404,
  ANSWER_UNAVAILABLE = 503
} AnswerStatus;

/* A refusal with one sentence in its body. (transfer full) */
char *answer_refusal (const Request *request, AnswerStatus status, const char *sentence);

/* To OPTIONS without a mount. (transfer full) */
char *answer_options (const Request *request);

G_END_DECLS
