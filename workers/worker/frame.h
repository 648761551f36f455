/* Frames of the hub kept beyond the callback, and the rule by which an output that falls behind lets frames go. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

/* With references of its own: (transfer full). */
HubFrame *frame_keep (const HubFrame *frame);
void frame_free (HubFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HubFrame, frame_free)
/* The same picture at another time of the hub's clock: (transfer full). */
HubFrame *frame_at (const HubFrame *frame, GstClockTime time, GstClockTime duration);
/* The same frame, so much later: (transfer full). */
HubFrame *frame_later (const HubFrame *frame, GstClockTime by);

/* When more waits than an output may keep, everything is dropped up to the next keyframe that finds room. */
typedef struct
{
  gsize max_bytes;
  gint64 max_age_us;
  gboolean audio_only; /* then every frame is one to go on with */
  gboolean shut;
  guint64 dropped; /* video frames; without video, audio frames */
} FrameGate;

/* Whether `frame` may join the `bytes` that wait, the oldest of them for `age_us`. */
gboolean frame_gate_admits (FrameGate *gate, const HubFrame *frame, gsize bytes, gint64 age_us);

/* Frames a viewer would count: video, or audio where there is no video. */
gboolean frame_counts (const HubFrame *frame, gboolean audio_only);

G_END_DECLS
