/* The tracks of a looping file as one sequence of frames, in the order they are due. */
#pragma once

#include "loop-track.h"

G_BEGIN_DECLS

typedef struct _LoopMerge LoopMerge;

/* `loops`: the end of the file is followed by its beginning. */
LoopMerge *loop_merge_new (gboolean loops);
void loop_merge_free (LoopMerge *self);

/* Other tracks from here on, which begin where the former ended. (element-type Track) */
void loop_merge_set_tracks (LoopMerge *self, const GArray *tracks);
/* Whether the tracks are of the same kinds as those. */
gboolean loop_merge_has_tracks (LoopMerge *self, const GArray *tracks);

/* The frames of the present stretch of `store` come next. (transfer none) */
void loop_merge_begin (LoopMerge *self, FrameStore *store);
/* The next frame due, and its track; NULL when none is there yet or the stretch is over. (transfer none) */
const LoopFrame *loop_merge_peek (LoopMerge *self, guint *track);
/* The frame that loop_merge_peek() found. (transfer full) */
LoopFrame *loop_merge_pop (LoopMerge *self, guint track);
gboolean loop_merge_is_over (LoopMerge *self);
/* Returns the number of frames there were. */
guint loop_merge_end (LoopMerge *self);

/* Whether the track's times are the file's position. */
gboolean loop_merge_leads (LoopMerge *self, guint track);
/* Where the next frame belongs on the continuous time. */
gint64 loop_merge_latest_end (LoopMerge *self);

G_END_DECLS
