#include "join-private.h"

/* Frames that may have to be shown after one that follows them (H.264 and H.265 allow 16). */
#define MOST_REORDERED 16
/* So far beyond the last moment it is clear that no sound comes any more. */
#define SOUND_LAG_NS (2 * (gint64)GST_SECOND)

static void
put_sound (Join *self, const SourceFrame *frame)
{
  const TrackFormat *format = self->formats[MEDIA_AUDIO];
  gint64 duration = sound_duration (format, frame->buffer);
  ClipFrame out = { .media = MEDIA_AUDIO, .buffer = frame->buffer, .keyframe = TRUE };

  if (self->base + frame->pts + duration / 2 < 0)
    return;
  if (!sound_clock_place (&self->sound, self->base + frame->pts, duration, &out.pts))
    return;
  if (self->leader == MEDIA_AUDIO)
    stretch_count (&self->stretch, frame->pts, duration);
  clips_write (&self->clips, format, &out, out.pts + duration);
}

static void
put_picture (Join *self, const SourceFrame *frame)
{
  const ClipFrame out = {
    .media = MEDIA_VIDEO,
    .buffer = frame->buffer,
    .pts = self->base + frame->pts,
    .keyframe = frame->keyframe,
  };

  stretch_count (&self->stretch, frame->pts,
                 GST_BUFFER_DURATION_IS_VALID (frame->buffer) ? (gint64)GST_BUFFER_DURATION (frame->buffer) : 0);
  clips_write (&self->clips, self->formats[MEDIA_VIDEO], &out, self->base + stretch_end (&self->stretch));
}

static void
put (Join *self, const SourceFrame *frame)
{
  if (frame->media == MEDIA_AUDIO)
    put_sound (self, frame);
  else
    put_picture (self, frame);
}

static void
put_tail (Join *self)
{
  SourceFrame *frame;

  while ((frame = g_queue_pop_head (&self->tail)) != NULL) {
    put (self, frame);
    join_frame_release (frame);
  }
}

/* Pictures from the last moment on count only where one that is shown before it follows. */
static void
write_picture (Join *self, const SourceFrame *frame)
{
  if (self->no_more_pictures)
    return;
  if (frame->pts < self->to) {
    put_tail (self);
    put (self, frame);
    return;
  }
  g_queue_push_tail (&self->tail, join_frame_keep (frame));
  self->no_more_pictures = frame->keyframe || self->tail.length >= MOST_REORDERED;
}

gboolean
join_write_frame (Join *self, const SourceFrame *frame)
{
  if (frame->media == MEDIA_VIDEO)
    write_picture (self, frame);
  else if (frame->pts < self->to)
    put (self, frame);
  else
    self->no_more_sound = TRUE;
  if (frame->media == self->leader)
    self->told->progress (join_wall_ms (self, frame->pts), self->told->user_data);
  if (self->leader == MEDIA_AUDIO)
    return !self->no_more_sound;
  gboolean sound_is_over = self->formats[MEDIA_AUDIO] == NULL || self->no_more_sound
                           || (frame->media == MEDIA_VIDEO && frame->pts > self->to + SOUND_LAG_NS);
  return !(self->no_more_pictures && sound_is_over);
}
