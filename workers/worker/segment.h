/* One recorded file and the pipeline that writes it: feeds ! muxer ! filesink. Timestamps in the file begin at 0. */
#pragma once

#include "container.h"
#include "frame.h"
#include "output-report.h"
#include "segment-file.h"

G_BEGIN_DECLS

typedef struct _Segment Segment; /* counted references */

/* The file has its end (`failure` NULL), or can't be written any more: (transfer full). Called once, on any thread. */
typedef void (*SegmentEnded) (Segment *segment, JsonNode *failure, gpointer user_data);

typedef struct
{
  const char *pipelines;
  const SegmentPlace *place;
  const Container *container;
  GPtrArray *tracks; /* (element-type Track) that the container takes */
  Segment *draft;    /* whose place it is to take, below the same root; or NULL */
  SegmentEnded ended;
  gpointer user_data;
} SegmentConfig;

/* Makes the file and starts the pipeline; nothing is written yet. NULL with `error`: GST_RESOURCE_ERROR where the disk
 * is at fault. */
Segment *segment_open (const SegmentConfig *config, GError **error);
Segment *segment_ref (Segment *self);
void segment_unref (Segment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Segment, segment_unref)

/* It begins with that keyframe, which is still to be pushed. `open_gop`: frames that follow a keyframe may have to be
 * shown before it. */
void segment_begin (Segment *self, const HubFrame *first, gboolean open_gop);
/* Gives the file the name of that moment, for good. Blocks as long as the disk does. */
gboolean segment_name (Segment *self, GError **error);

/* Never blocks. FALSE for a frame that has no place in this file. */
gboolean segment_push (Segment *self, const HubFrame *frame);
/* Nothing more comes; `ended` follows. `reason`, as in segmentClosed, is static. */
void segment_finish (Segment *self, const char *reason);
/* It has a track of sound. */
gboolean segment_has_sound (Segment *self);
/* Ends it as if the pipeline had failed: (transfer full). */
void segment_fail (Segment *self, JsonNode *failure);
gboolean segment_is_broken (Segment *self);
/* It was finished, and has its end. */
gboolean segment_is_whole (Segment *self);
/* Frees the pipeline. Blocks as long as the disk does. */
void segment_close (Segment *self);

SegmentFile *segment_file (Segment *self);  /* (transfer none) */
GstClockTime segment_start (Segment *self); /* PTS of the first frame, on the hub's clock */
gint64 segment_arrived_us (Segment *self);  /* when that came (monotonic) */
gint64 segment_started_ms (Segment *self);  /* the same, since 1970 */
guint64 segment_media_bytes (Segment *self);
guint64 segment_frames (Segment *self); /* that were pushed and count (frame.h) */
/* Whether no frame was lost between the last file and this one. */
void segment_set_continues (Segment *self, gboolean continues);
gboolean segment_continues (Segment *self);
/* Nothing is to be left of it. */
void segment_set_unwanted (Segment *self);
gboolean segment_is_unwanted (Segment *self);
/* TRUE once the file has taken data: a full disk still lets files be made. */
gboolean segment_is_written (Segment *self);
const char *const *segment_encodings (Segment *self); /* (transfer none) */

/* How many frames that count (frame.h) have gone into the muxer; it and the disk may still have some in hand. Not while
 * the segment is being closed. */
guint64 segment_frames_written (Segment *self);
/* As many of them are on the disk for sure; for any thread. */
void segment_set_frames_safe (Segment *self, guint64 frames);
guint64 segment_frames_safe (Segment *self);
/* For how long the oldest of them waits. */
gint64 segment_late_us (Segment *self);
/* Forgets what waits; it goes elsewhere. */
void segment_drop_waiting (Segment *self);
/* `bytes` once it is closed. */
void segment_summarize (Segment *self, SegmentSummary *summary);

/* What waits for the muxer or the disk, and for how long; for any thread. */
gsize segment_waiting (Segment *self, gint64 *age_us);

G_END_DECLS
