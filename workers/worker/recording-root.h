/* One of the directories that a recorder may write to. All that waits for its disk happens on threads of its own, so
 * that a disk that hangs holds nobody up; what came of it goes to the inbox. For the recorder's thread. */
#pragma once

#include "segment.h"

G_BEGIN_DECLS

typedef struct _RecordingInbox RecordingInbox;
typedef struct _RecordingRoot RecordingRoot;

/* `inbox`: borrowed. */
RecordingRoot *recording_root_new (const char *path, RecordingInbox *inbox);
/* Waits for what was begun. */
void recording_root_free (RecordingRoot *self);
const char *recording_root_path (const RecordingRoot *self);

/* Begins to open a file in it: NOTE_OPENED with that `ticket` follows, and after the segment's end NOTE_SEGMENT_ENDED,
 * if it fails at once even before. The root of the place, and who is told of the end, need not be given. */
void recording_root_open (RecordingRoot *self, const SegmentConfig *config, guint64 ticket);
/* Begins to try whether it takes data: NOTE_PROBED follows. */
void recording_root_probe (RecordingRoot *self);
/* To be told of either note. */
void recording_root_answered (RecordingRoot *self);

/* As segment-closer.h has it: a segment that is closed is followed by NOTE_SEGMENT_CLOSED. */
void recording_root_name (RecordingRoot *self, Segment *segment);
/* NOTE_SEGMENT_PLACED follows. */
void recording_root_place (RecordingRoot *self, Segment *segment, Segment *draft);
void recording_root_sync (RecordingRoot *self, Segment *segment, guint64 frames);
void recording_root_close (RecordingRoot *self, Segment *segment);
/* Something that was asked of it, or a sync, is under way. */
gboolean recording_root_is_busy (const RecordingRoot *self);
/* For how long the oldest of open, probe and sync has not been answered. */
gint64 recording_root_waits_us (const RecordingRoot *self);

/* Why it is not to be written to (transfer none), or NULL where nothing is known against it. */
JsonNode *recording_root_failure (const RecordingRoot *self);
/* How often it has failed. */
guint recording_root_failures (const RecordingRoot *self);
/* (transfer full); NULL: it is well again. */
void recording_root_set_failure (RecordingRoot *self, JsonNode *failure);
/* It failed, but some time ago, and is not asked yet. */
gboolean recording_root_may_be_tried (const RecordingRoot *self);

/* That a disk takes nothing, or too little: (transfer full). */
JsonNode *recording_root_slow_failure (const RecordingRoot *self);

G_END_DECLS
