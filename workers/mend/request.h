/* One request to dslrs-mend and its answer, as JSON text. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* (transfer full) */
char *request_answer (const char *line, gsize length);

G_END_DECLS
