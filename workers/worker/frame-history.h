/* The frames that a recorder keeps beyond their way into a file, by reference: what a trigger may ask for afterwards,
 * and what the disk may not have yet. Whole GOPs: it begins with a keyframe of the leading media, but for sound that
 * came before the picture it belongs to. Not thread safe. */
#pragma once

#include "frame.h"

G_BEGIN_DECLS

typedef struct
{
  HubFrame *frame;
  guint64 number; /* of leading frames, in order of arrival; of other ones, that of the next leading one */
  gboolean leads; /* a frame that counts (frame.h) */
} HistoryItem;

typedef struct
{
  GQueue items; /* HistoryItem */
  gsize bytes;
  guint64 next_number;
} FrameHistory;

void frame_history_init (FrameHistory *self);
void frame_history_clear (FrameHistory *self);

/* Nothing is kept before the first keyframe. Returns whether the frame was. */
gboolean frame_history_append (FrameHistory *self, const HubFrame *frame, gboolean leads);

/* The keyframe it begins with; NULL when it is empty. */
const HistoryItem *frame_history_first (const FrameHistory *self);
/* A leading frame; NULL when it is not kept. */
const HistoryItem *frame_history_find (const FrameHistory *self, guint64 number);
const HistoryItem *frame_history_keyframe_after (const FrameHistory *self, guint64 number);
/* The last keyframe that is not after that number, or that arrival: NULL when there is none. */
const HistoryItem *frame_history_keyframe_by_number (const FrameHistory *self, guint64 number);
const HistoryItem *frame_history_keyframe_by_arrival (const FrameHistory *self, gint64 arrived_us);

/* Lets go what comes before a keyframe of it; NULL: everything. Returns how many of that were leading frames. */
guint frame_history_begin_with (FrameHistory *self, const HistoryItem *keyframe);
/* Lets whole GOPs go, the oldest first, until no more than `max_bytes` are left. */
guint frame_history_limit (FrameHistory *self, gsize max_bytes);

G_END_DECLS
