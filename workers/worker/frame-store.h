/* Frames of a file that wait for their time: per track in order, bounded, filled by the thread that reads and emptied
 * by the one that plays. A damaged file is read in stretches, and only the frames of one stretch at a time are given
 * out. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

typedef struct
{
  GstBuffer *buffer; /* owned */
  GstCaps *caps;     /* owned */
  gint64 pts;        /* time in the file in ns; HUB_NO_TIME where unknown */
  gint64 dts;
  guint stretch; /* of the store */
} FileFrame;

void file_frame_free (FileFrame *frame);

typedef struct _FrameStore FrameStore;

FrameStore *frame_store_new (void);
void frame_store_free (FrameStore *self);
/* Nothing waits any more, in frame_store_push() either. */
void frame_store_stop (FrameStore *self);

/* ---- the thread that reads ---- */

/* The tracks count from 0 in the order they were added. */
void frame_store_add_track (FrameStore *self);
/* Waits for room. TRUE when the track was empty before. (transfer full) */
gboolean frame_store_push (FrameStore *self, guint track, FileFrame *frame);
void frame_store_end_track (FrameStore *self, guint track);
/* What is pushed from here on is dropped. */
void frame_store_end (FrameStore *self);
void frame_store_begin_stretch (FrameStore *self);

/* A seek: drops all there is and all that is pushed to a track until it begins anew. */
void frame_store_clear (FrameStore *self);
void frame_store_begin_anew (FrameStore *self, guint track);

/* ---- the thread that plays ---- */

/* The next frame of a track in this stretch, NULL while none is there. (transfer full) */
FileFrame *frame_store_pop (FrameStore *self, guint track);
/* TRUE when no frame of this track will come any more in this stretch. */
gboolean frame_store_track_ended (FrameStore *self, guint track);
/* TRUE when another stretch is known to follow. */
gboolean frame_store_has_next_stretch (FrameStore *self);
/* Goes over to the next stretch; FALSE when there is none. For when all tracks have ended in this one. */
gboolean frame_store_next_stretch (FrameStore *self);
/* TRUE when all tracks have ended, though frames may wait to be popped. */
gboolean frame_store_at_end (FrameStore *self);

G_END_DECLS
