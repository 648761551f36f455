/* What the parts of segment-file.h share: segment-file.c makes the file and names it, segment-file-end.c has the rest.
 */
#pragma once

#include "segment-file.h"

G_BEGIN_DECLS

/* Those that it has now. */
const SegmentNames *segment_file_names (const SegmentFile *self);
/* With the lock: it has those of `other` from here on. */
void segment_file_take_names (SegmentFile *self, const SegmentFile *other);
/* FALSE with errno; EEXIST where that name is in use. */
gboolean segment_file_rename_new (const char *from, const char *to);

G_END_DECLS
