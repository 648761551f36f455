/* The time of one track of a looping file: every pass goes on where the pass before ended, by the frames' own times.
 * What lies between two damaged stretches of a file counts as a pass here.
 *
 * The picture leads. Sound that is longer is cut at the picture's end, sound that is shorter is filled with silence,
 * both to the nearest frame; so on every track the step at the wrap is one frame, and sound and picture never drift by
 * more than half a frame of sound. */
#pragma once

#include "frame-store.h"

G_BEGIN_DECLS

typedef struct
{
  GstBuffer *buffer; /* owned */
  GstCaps *caps;     /* owned */
  gint64 pts;        /* continuous over all passes */
  gint64 dts;        /* when it is due */
  gint64 position;   /* time in the file */
} LoopFrame;

typedef struct _LoopTrack LoopTrack;

LoopTrack *loop_track_new (const Track *track, gint64 begin);
void loop_track_free (LoopTrack *self);

void loop_track_begin_pass (LoopTrack *self);
/* Puts a frame of the present pass on the continuous time. `lead`: the shift of the leading track, HUB_NO_TIME where
 * this is that or there is none. NULL when the frame lies before the pass. (transfer full) both ways. */
LoopFrame *loop_track_place (LoopTrack *self, FileFrame *frame, gint64 lead);
void loop_frame_free (LoopFrame *frame);
void loop_track_end_pass (LoopTrack *self);

/* From time in the file to continuous time in this pass; HUB_NO_TIME before its first frame. */
gint64 loop_track_shift (const LoopTrack *self);
/* Where the next frame belongs. */
gint64 loop_track_end (const LoopTrack *self);
guint loop_track_frames_in_pass (const LoopTrack *self);

/* TRUE when `frame`, not yet placed, would lie more than half past `picture_end`. */
gboolean loop_track_is_past (const LoopTrack *self, const FileFrame *frame, gint64 picture_end);
/* A frame of silence where the sound ended and the picture goes on to `picture_end`; NULL when there is no room for
 * one, or none to be had. (transfer full) */
LoopFrame *loop_track_fill (LoopTrack *self, gint64 picture_end);

G_END_DECLS
