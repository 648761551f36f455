#include "loop-track.h"
#include "dts.h"
#include "silence.h"

#define DEFAULT_DURATION ((gint64)(40 * GST_MSECOND))
#define ASSUMED_REORDERING 2
/* Sound that begins so close to where it ended is put right there. */
#define MIN_TOLERANCE ((gint64)(60 * GST_MSECOND))

struct _LoopTrack
{
  Media media;
  const char *encoding;
  gint64 shift; /* of this pass */
  gint64 end;   /* where the next frame belongs */
  gint64 last_dts;
  guint passes;

  guint frames; /* in this pass, like the rest */
  gint64 min_pts;
  gint64 max_pts;
  gint64 last_duration; /* of the frame that is shown last */
  DtsGuess guess;

  GstBuffer *sample; /* a frame of it, as a model for silence */
  GstCaps *caps;
};

LoopTrack *
loop_track_new (const Track *track, gint64 begin)
{
  LoopTrack *self = g_new0 (LoopTrack, 1);

  self->media = track->media;
  self->encoding = track->encoding;
  self->end = begin;
  self->last_dts = G_MININT64;
  self->shift = begin;
  dts_reset (&self->guess, track->media == MEDIA_VIDEO ? ASSUMED_REORDERING : 0);
  return self;
}

void
loop_track_free (LoopTrack *self)
{
  gst_clear_buffer (&self->sample);
  gst_clear_caps (&self->caps);
  g_free (self);
}

void
loop_frame_free (LoopFrame *frame)
{
  gst_buffer_unref (frame->buffer);
  gst_caps_unref (frame->caps);
  g_free (frame);
}

gint64
loop_track_end (const LoopTrack *self)
{
  return self->end;
}

guint
loop_track_frames_in_pass (const LoopTrack *self)
{
  return self->frames;
}

void
loop_track_begin_pass (LoopTrack *self)
{
  self->frames = 0;
  self->last_duration = 0;
  gst_clear_buffer (&self->sample);
  gst_clear_caps (&self->caps);
}

gint64
loop_track_shift (const LoopTrack *self)
{
  return self->frames > 0 ? self->shift : HUB_NO_TIME;
}

/* The usual time between frames of this pass; 0 while one frame is all there was. */
static gint64
average_step (const LoopTrack *self)
{
  return self->frames > 1 ? (self->max_pts - self->min_pts) / (gint64)(self->frames - 1) : 0;
}

/* Frames of sound are all of one length; what a container says of the last one tells where to cut when playing, not how
 * long it is. */
static gint64
duration_of (const LoopTrack *self, GstBuffer *buffer)
{
  gint64 step = average_step (self);

  if (self->media == MEDIA_AUDIO && step > 0)
    return step;
  if (GST_BUFFER_DURATION_IS_VALID (buffer) && GST_BUFFER_DURATION (buffer) > 0)
    return (gint64)GST_BUFFER_DURATION (buffer);
  return step > 0 ? step : DEFAULT_DURATION;
}

static void
count (LoopTrack *self, gint64 pts, gint64 duration)
{
  if (self->frames == 0) {
    self->min_pts = pts;
    self->max_pts = pts;
    self->last_duration = duration;
  }
  self->frames++;
  self->min_pts = MIN (self->min_pts, pts);
  if (pts >= self->max_pts) {
    self->max_pts = pts;
    self->last_duration = duration;
  }
  self->end = MAX (self->end, pts + duration);
}

static void
remember (LoopTrack *self, const FileFrame *frame)
{
  if (self->media != MEDIA_AUDIO || self->sample != NULL || gst_buffer_get_size (frame->buffer) == 0)
    return;
  self->sample = gst_buffer_ref (frame->buffer);
  self->caps = gst_caps_ref (frame->caps);
}

/* Decides where this pass begins. Normally that is where the one before ended; a track that begins elsewhere than the
 * leading one (`lead`: the shift of that) keeps its distance. FALSE for a frame from before the beginning. */
static gboolean
begin_at (LoopTrack *self, gint64 pts, gint64 duration, gint64 lead)
{
  gint64 tolerance = MAX (2 * duration, MIN_TOLERANCE);

  self->shift = self->end - pts;
  if (lead == HUB_NO_TIME || ABS (self->shift - lead) <= tolerance)
    return TRUE;
  gboolean is_early = self->shift > lead;
  self->shift = lead;
  return !is_early;
}

LoopFrame *
loop_track_place (LoopTrack *self, FileFrame *frame, gint64 lead)
{
  gint64 pts = frame->pts != HUB_NO_TIME ? frame->pts : frame->dts;
  gint64 duration = duration_of (self, frame->buffer);

  if (pts == HUB_NO_TIME)
    pts = self->end - self->shift;
  if (self->frames == 0 && self->passes > 0 && !begin_at (self, pts, duration, lead)) {
    file_frame_free (frame);
    return NULL;
  }
  remember (self, frame);

  LoopFrame *placed = g_new0 (LoopFrame, 1);
  placed->position = pts;
  placed->pts = pts + self->shift;
  count (self, placed->pts, duration);
  gint64 guessed = dts_next (&self->guess, placed->pts, duration);
  placed->dts = frame->dts != HUB_NO_TIME ? frame->dts + self->shift : guessed;
  placed->dts = MAX (placed->dts, self->last_dts + 1);
  self->last_dts = placed->dts;
  placed->buffer = g_steal_pointer (&frame->buffer);
  placed->caps = g_steal_pointer (&frame->caps);
  g_free (frame);
  return placed;
}

/* The last frame lasts as long as it says, unless that is out of all proportion: then as long as the others. */
void
loop_track_end_pass (LoopTrack *self)
{
  gint64 step = average_step (self);

  self->passes++;
  if (step == 0)
    return;
  gint64 last = self->last_duration;
  gboolean rounded = ABS (last - step) <= 2 * (gint64)GST_MSECOND;
  if (rounded || last < step / 2 || last > step * 2)
    last = step;
  self->end = self->max_pts + last;
}

gboolean
loop_track_is_past (const LoopTrack *self, const FileFrame *frame, gint64 picture_end)
{
  gint64 half = duration_of (self, frame->buffer) / 2;

  return frame->pts != HUB_NO_TIME && frame->pts + self->shift + half >= picture_end;
}

LoopFrame *
loop_track_fill (LoopTrack *self, gint64 picture_end)
{
  if (self->sample == NULL)
    return NULL;
  gint64 duration = duration_of (self, self->sample);
  if (self->end + duration / 2 >= picture_end)
    return NULL;
  GstBuffer *buffer = silence_new (self->encoding, self->caps, self->sample);
  if (buffer == NULL)
    return NULL;

  LoopFrame *frame = g_new0 (LoopFrame, 1);
  frame->buffer = buffer;
  GST_BUFFER_DURATION (buffer) = (GstClockTime)duration;
  frame->caps = gst_caps_ref (self->caps);
  frame->pts = self->end;
  frame->position = self->end - self->shift;
  frame->dts = MAX (self->end, self->last_dts + 1);
  self->last_dts = frame->dts;
  count (self, frame->pts, duration);
  return frame;
}
