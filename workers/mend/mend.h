/* Mends and inspects files of both formats below a root. */
#pragma once

#include "facts.h"

G_BEGIN_DECLS

/* Makes what can be saved of `<name>.part` an ordinary file under its final name; `path` gets that: (transfer full).
 * After a failure the file has its old name, and can be mended later. The same of `<name>.new`, which was to take the
 * place of `<name>.part`, where that is not there; else it is MEND_ERROR_COPY. */
gboolean mend_file (const char *root, const char *part, char **path, MendFacts *facts, GError **error);

/* The facts of a finished file, or what mend_file() would find in another. */
gboolean mend_inspect (const char *root, const char *path, MendFacts *facts, GError **error);

G_END_DECLS
