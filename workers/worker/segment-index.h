/* The index of a recorded file that is written in fragments: noted while the file grows, so that closing it takes no
 * longer when it has become large, and written when it is closed. For any thread. */
#pragma once

#include "segment-file.h"

G_BEGIN_DECLS

typedef struct _SegmentIndex SegmentIndex; /* counted references */

/* `file` is borrowed: it has to be there for every call but the last unref. */
SegmentIndex *segment_index_new (const SegmentFile *file);
SegmentIndex *segment_index_ref (SegmentIndex *self);
void segment_index_unref (SegmentIndex *self);

/* Reads what was written since the last time. What fails here fails again in segment_index_finish(). */
void segment_index_follow (SegmentIndex *self);
/* Makes it an ordinary file, on the disk. FALSE with a GST_RESOURCE_ERROR; it can be mended later then. */
gboolean segment_index_finish (SegmentIndex *self, GError **error);

G_END_DECLS
