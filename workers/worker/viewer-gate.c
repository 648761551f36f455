#include "viewer-gate.h"
#include "disposable.h"

/* Of MJPEG, and where every frame is a keyframe, the rung of keyframes would be the same as all. */
#define KEYFRAME_INTERVAL (GST_SECOND / 2)

void
viewer_gate_init (ViewerGate *self, gboolean audio_only)
{
  *self = (ViewerGate){ .audio_only = audio_only, .keyframe = GST_CLOCK_TIME_NONE };
}

static gboolean
is_jpeg (const HubFrame *frame)
{
  return gst_structure_has_name (gst_caps_get_structure (frame->caps, 0), "image/jpeg");
}

static gboolean
is_needed (ViewerGate *self, const HubFrame *frame)
{
  if (!is_jpeg (frame))
    return frame->keyframe || !disposable_picture (frame->buffer, frame->caps);
  self->odd = !self->odd;
  return self->odd;
}

static gboolean
is_next_keyframe (ViewerGate *self, const HubFrame *frame)
{
  GstClockTime time = GST_BUFFER_PTS (frame->buffer);

  if (!frame->keyframe)
    return FALSE;
  if (self->keyframe != GST_CLOCK_TIME_NONE && time >= self->keyframe && time - self->keyframe < KEYFRAME_INTERVAL)
    return FALSE;
  self->keyframe = time;
  return TRUE;
}

/* As far as the rung is concerned. */
static gboolean
is_wanted (ViewerGate *self, const HubFrame *frame)
{
  switch (self->ladder.rung) {
  case LADDER_ALL:
    return TRUE;
  case LADDER_REFERENCE:
    return self->audio_only || is_needed (self, frame);
  case LADDER_KEYFRAMES:
    return self->audio_only || is_next_keyframe (self, frame);
  case LADDER_SKIPPING:
    return FALSE;
  }
  g_assert_not_reached ();
}

/* What comes after a frame that is not sent does without it. */
static gboolean
leaves_no_gap (const ViewerGate *self, const HubFrame *frame)
{
  if (self->ladder.rung == LADDER_REFERENCE)
    return TRUE;
  return self->audio_only || is_jpeg (frame);
}

gboolean
viewer_gate_admits (ViewerGate *self, const HubFrame *frame)
{
  gboolean wanted = is_wanted (self, frame);

  if (wanted && frame->keyframe && self->shut) {
    self->shut = FALSE;
    self->from = GST_BUFFER_PTS (frame->buffer);
  }
  if (!wanted && !leaves_no_gap (self, frame))
    self->shut = TRUE;
  if (wanted && !self->shut && GST_BUFFER_PTS (frame->buffer) >= self->from)
    return TRUE;
  self->dropped++;
  return FALSE;
}

void
viewer_gate_thin_out (ViewerGate *self, GQueue *waiting, ViewerGateFrame frame_of, GDestroyNotify drop)
{
  gboolean shut_behind = self->shut;

  self->shut = FALSE;
  for (GList *link = waiting->head; link != NULL;) {
    GList *next = link->next;
    if (!viewer_gate_admits (self, frame_of (link->data))) {
      drop (link->data);
      g_queue_delete_link (waiting, link);
    }
    link = next;
  }
  self->shut |= shut_behind;
}
