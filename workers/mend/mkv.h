/* MKV files as matroskamux writes them. Until it is finished the sizes of the segment and of the last cluster are not
 * known, there are no cues, and the places in the SeekHead and the duration are yet to be filled in. That is done here
 * in the same bytes: the end that is not whole is cut off, the cues are appended, and the size of the segment, which
 * makes the file a finished one, comes last. Whenever that is interrupted, doing it again ends in the same file. */
#pragma once

#include "facts.h"

G_BEGIN_DECLS

/* What mkv_finish() would find, without a change. */
gboolean mkv_inspect (int fd, MendFacts *facts, GError **error);
/* Finishes the file, which nobody writes any more. */
gboolean mkv_finish (int fd, MendFacts *facts, GError **error);

G_END_DECLS
