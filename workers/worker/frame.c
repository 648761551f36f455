#include "frame.h"

HubFrame *
frame_keep (const HubFrame *frame)
{
  HubFrame *kept = g_new (HubFrame, 1);

  *kept = *frame;
  gst_buffer_ref (kept->buffer);
  gst_caps_ref (kept->caps);
  return kept;
}

void
frame_free (HubFrame *frame)
{
  gst_buffer_unref (frame->buffer);
  gst_caps_unref (frame->caps);
  g_free (frame);
}

HubFrame *
frame_at (const HubFrame *frame, GstClockTime time, GstClockTime duration)
{
  HubFrame *moved = g_new (HubFrame, 1);

  *moved = *frame;
  gst_caps_ref (moved->caps);
  moved->buffer = gst_buffer_copy (frame->buffer);
  GST_BUFFER_PTS (moved->buffer) = time;
  GST_BUFFER_DTS (moved->buffer) = time;
  GST_BUFFER_DURATION (moved->buffer) = duration;
  return moved;
}

HubFrame *
frame_later (const HubFrame *frame, GstClockTime by)
{
  HubFrame *moved = frame_at (frame, GST_BUFFER_PTS (frame->buffer) + by, GST_BUFFER_DURATION (frame->buffer));

  GST_BUFFER_DTS (moved->buffer) = GST_BUFFER_DTS (frame->buffer) + by;
  return moved;
}

gboolean
frame_counts (const HubFrame *frame, gboolean audio_only)
{
  return frame->media == MEDIA_VIDEO || audio_only;
}

gboolean
frame_gate_admits (FrameGate *gate, const HubFrame *frame, gsize bytes, gint64 age_us)
{
  gboolean full = bytes > gate->max_bytes || age_us > gate->max_age_us;
  gboolean can_go_on = frame->keyframe && frame_counts (frame, gate->audio_only);

  if (full)
    gate->shut = TRUE;
  else if (can_go_on)
    gate->shut = FALSE;
  if (gate->shut && frame_counts (frame, gate->audio_only))
    gate->dropped++;
  return !gate->shut;
}
