#include "join-private.h"

/* The first picture in decode order, and the earliest one that is held. */
static const SourceFrame *
first_held (Join *self, gint64 *earliest)
{
  const SourceFrame *first = NULL;

  for (GList *link = self->held.head; link != NULL; link = link->next) {
    const SourceFrame *frame = link->data;

    if (frame->media != self->leader)
      continue;
    *earliest = first == NULL ? frame->pts : MIN (*earliest, frame->pts);
    if (first == NULL)
      first = frame;
  }
  return first;
}

static gboolean
begin_clip (Join *self, gint64 from_ms)
{
  if (self->clips.writer != NULL) {
    join_note (self, "The format changes in %s: it goes on in another file.", self->file->path);
    if (!clips_finish (&self->clips, self->wall_end_ms, &self->error))
      return FALSE;
  }
  self->end = 0;
  self->sound = (SoundClock){ 0 };
  return clips_begin (&self->clips, from_ms, &self->error);
}

/* TRUE when something was not recorded between what was written and what follows. */
static gboolean
note_gap (Join *self, gint64 from_ms)
{
  const Gap gap = { self->wall_end_ms, from_ms };

  if (self->wall_end_ms == G_MININT64 || from_ms - self->wall_end_ms <= GAP_MS)
    return FALSE;
  g_array_append_val (self->gaps, gap);
  return TRUE;
}

/* What is held goes into the clip. Pictures that are shown before the keyframe they follow can be decoded only with
 * what came before it. */
static gboolean
place (Join *self)
{
  gint64 earliest = 0;
  const SourceFrame *key = first_held (self, &earliest);
  gboolean alone = note_gap (self, join_wall_ms (self, key->pts)) || !clips_fit (&self->clips, self->formats);
  gint64 first = alone ? key->pts : earliest;
  SourceFrame *frame;
  gboolean goes_on = TRUE;

  if (!clips_fit (&self->clips, self->formats) && !begin_clip (self, join_wall_ms (self, first)))
    return FALSE;
  self->base = self->end - first;
  self->sound.first_of_file = TRUE;
  self->placed = TRUE;
  stretch_begin (&self->stretch);
  while ((frame = g_queue_pop_head (&self->held)) != NULL) {
    if (frame->pts >= first || (!alone && frame->media == MEDIA_AUDIO))
      goes_on = join_write_frame (self, frame) && goes_on;
    join_frame_release (frame);
  }
  return goes_on;
}

/* What lies before a keyframe that comes early enough is not needed. */
static void
forget_before (Join *self, const SourceFrame *key)
{
  for (GList *link = self->held.head, *next; link != NULL; link = next) {
    SourceFrame *frame = link->data;

    next = link->next;
    if (frame->media == MEDIA_AUDIO && frame->pts >= key->pts)
      continue;
    g_queue_delete_link (&self->held, link);
    join_frame_release (frame);
  }
}

gboolean
join_hold (Join *self, const SourceFrame *frame)
{
  gint64 earliest = 0;
  const SourceFrame *key = first_held (self, &earliest);

  if (frame->media != self->leader) {
    g_queue_push_tail (&self->held, join_frame_keep (frame));
    return TRUE;
  }
  if (key == NULL && !frame->keyframe)
    return TRUE;
  if (frame->keyframe && key != NULL && frame->pts <= self->from)
    forget_before (self, frame);
  g_queue_push_tail (&self->held, join_frame_keep (frame));
  gboolean is_decided
      = key != NULL && !(frame->keyframe && frame->pts <= self->from) && frame->pts > MAX (key->pts, self->from);
  return is_decided ? place (self) : TRUE;
}

static void
clear_frames (GQueue *queue)
{
  g_queue_clear_full (queue, (GDestroyNotify)join_frame_release);
}

void
join_end_stretch (Join *self)
{
  gint64 earliest = 0;
  const SourceFrame *last = g_queue_peek_tail (&self->held);
  gboolean reaches = last != NULL && last->pts + GAP_MS * (gint64)GST_MSECOND >= self->from;

  if (!self->placed && reaches && first_held (self, &earliest) != NULL && self->error == NULL)
    place (self);
  clear_frames (&self->held);
  clear_frames (&self->tail);
  if (self->placed && self->stretch.frames > 0) {
    gint64 end = stretch_end (&self->stretch);

    self->end = self->base + end;
    self->wall_end_ms = join_wall_ms (self, end);
    self->clips.writer->ends[self->leader] = self->end;
  }
  self->placed = FALSE;
}
