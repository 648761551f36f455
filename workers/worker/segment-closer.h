/* The part of recording that waits for the disk: naming a file, syncing a file while it grows, putting it in the place
 * of its draft, closing and finishing it. */
#pragma once

#include "segment.h"

G_BEGIN_DECLS

typedef struct _SegmentCloser SegmentCloser;

/* `error` is NULL where all went well: (transfer none). On a thread of the closer. */
typedef void (*SegmentDone) (Segment *segment, const GError *error, gpointer user_data);

/* `failed`: to name it, or to sync it. `placed` and `closed` are always called. */
SegmentCloser *segment_closer_new (SegmentDone failed, SegmentDone placed, SegmentDone closed, gpointer user_data);
/* Waits for what was begun. */
void segment_closer_free (SegmentCloser *self);

/* Gives it the name of its first frame. */
void segment_closer_name (SegmentCloser *self, Segment *segment);
/* It takes the place of its draft, which must neither be named nor finished meanwhile. */
void segment_closer_place (SegmentCloser *self, Segment *segment, Segment *draft);
/* When it is done, `frames` of it are safe. Nothing is done while the last one is under way. */
void segment_closer_sync (SegmentCloser *self, Segment *segment, guint64 frames);
/* When the one that is under way was begun (monotonic), or 0. */
gint64 segment_closer_sync_since_us (SegmentCloser *self);
/* The file gets its final name unless the segment is broken, or unwanted: then it is removed. */
void segment_closer_close (SegmentCloser *self, Segment *segment);

G_END_DECLS
