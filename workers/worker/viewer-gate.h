/* Which frames a viewer gets on the rung of the ladder where it stands. What is left out never breaks the picture:
 * where a frame is missing that others need, the next is a keyframe. */
#pragma once

#include "frame.h"
#include "ladder.h"

G_BEGIN_DECLS

typedef struct
{
  Ladder ladder;
  gboolean audio_only;   /* then there is nothing to thin out: all or, while it skips, nothing */
  gboolean shut;         /* only a keyframe can be next */
  GstClockTime from;     /* PTS of the keyframe after the last gap: what is shown before it refers to what is missing */
  gboolean odd;          /* MJPEG: the last one was sent */
  GstClockTime keyframe; /* PTS of the last one sent on the rung of keyframes */
  guint64 dropped;       /* video frames; without video, audio frames */
} ViewerGate;

void viewer_gate_init (ViewerGate *self, gboolean audio_only);

/* Whether a frame of the picture (without video, of the sound) is for the viewer, on its present rung. */
gboolean viewer_gate_admits (ViewerGate *self, const HubFrame *frame);

/* The viewer fell: takes out of `waiting`, frames that were admitted and not sent yet, oldest first, what is not for it
 * any more. `drop` frees one. */
typedef const HubFrame *(*ViewerGateFrame) (gpointer item);
void viewer_gate_thin_out (ViewerGate *self, GQueue *waiting, ViewerGateFrame frame_of, GDestroyNotify drop);

G_END_DECLS
