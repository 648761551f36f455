#include "loop-merge.h"

struct _LoopMerge
{
  gboolean loops;
  FrameStore *store;
  GArray *kinds;     /* Track */
  GPtrArray *tracks; /* LoopTrack */
  GPtrArray *heads;  /* LoopFrame or NULL, for each track: the next to go out */
  gint leading;      /* the first video track; -1 without video */
};

static void
head_free (gpointer head)
{
  if (head != NULL)
    loop_frame_free (head);
}

LoopMerge *
loop_merge_new (gboolean loops)
{
  LoopMerge *self = g_new0 (LoopMerge, 1);

  self->loops = loops;
  self->leading = -1;
  self->kinds = g_array_new (FALSE, TRUE, sizeof (Track));
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify)loop_track_free);
  self->heads = g_ptr_array_new_with_free_func (head_free);
  return self;
}

void
loop_merge_free (LoopMerge *self)
{
  g_ptr_array_unref (self->heads);
  g_ptr_array_unref (self->tracks);
  g_array_unref (self->kinds);
  g_free (self);
}

void
loop_merge_set_tracks (LoopMerge *self, const GArray *tracks)
{
  gint64 begin = loop_merge_latest_end (self);

  g_ptr_array_set_size (self->tracks, 0);
  g_ptr_array_set_size (self->heads, 0);
  g_array_set_size (self->kinds, 0);
  self->leading = -1;
  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = &g_array_index (tracks, Track, i);
    g_array_append_val (self->kinds, *track);
    g_ptr_array_add (self->tracks, loop_track_new (track, begin));
    g_ptr_array_add (self->heads, NULL);
    if (self->leading < 0 && track->media == MEDIA_VIDEO)
      self->leading = (gint)i;
  }
}

gboolean
loop_merge_has_tracks (LoopMerge *self, const GArray *tracks)
{
  if (self->kinds->len != tracks->len)
    return FALSE;
  for (guint i = 0; i < tracks->len; i++)
    if (g_array_index (self->kinds, Track, i).encoding != g_array_index (tracks, Track, i).encoding)
      return FALSE;
  return TRUE;
}

void
loop_merge_begin (LoopMerge *self, FrameStore *store)
{
  self->store = store;
  for (guint i = 0; i < self->tracks->len; i++)
    loop_track_begin_pass (g_ptr_array_index (self->tracks, i));
}

static LoopTrack *
leading_track (LoopMerge *self)
{
  return g_ptr_array_index (self->tracks, (guint)self->leading);
}

static gboolean
track_is_over (LoopMerge *self, guint index)
{
  return g_ptr_array_index (self->heads, index) == NULL && frame_store_track_ended (self->store, index);
}

/* Whether the track's end is that of the picture: something follows it. */
static gboolean
is_fitted (LoopMerge *self)
{
  return self->loops || frame_store_has_next_stretch (self->store);
}

/* Sound past the picture's end is left out; sound that ended before goes on as silence. */
static LoopFrame *
take_follower (LoopMerge *self, guint index)
{
  LoopTrack *track = g_ptr_array_index (self->tracks, index);
  gint64 lead = loop_track_shift (leading_track (self));
  gboolean picture_over = track_is_over (self, (guint)self->leading);
  FileFrame *frame = NULL;

  if (lead == HUB_NO_TIME && !picture_over)
    return NULL;
  while ((frame = frame_store_pop (self->store, index)) != NULL) {
    gboolean past
        = picture_over && is_fitted (self) && loop_track_is_past (track, frame, loop_track_end (leading_track (self)));
    if (past) {
      file_frame_free (frame);
      continue;
    }
    LoopFrame *placed = loop_track_place (track, frame, lead);
    if (placed != NULL)
      return placed;
  }
  if (is_fitted (self) && frame_store_track_ended (self->store, index))
    return loop_track_fill (track, loop_track_end (leading_track (self)));
  return NULL;
}

static LoopFrame *
take_frame (LoopMerge *self, guint index)
{
  if (self->leading >= 0 && index != (guint)self->leading)
    return take_follower (self, index);
  FileFrame *frame = frame_store_pop (self->store, index);
  return frame != NULL ? loop_track_place (g_ptr_array_index (self->tracks, index), frame, HUB_NO_TIME) : NULL;
}

static void
fill_head (LoopMerge *self, guint index)
{
  if (g_ptr_array_index (self->heads, index) == NULL)
    g_ptr_array_index (self->heads, index) = take_frame (self, index);
}

const LoopFrame *
loop_merge_peek (LoopMerge *self, guint *track)
{
  const LoopFrame *first = NULL;

  if (self->leading >= 0)
    fill_head (self, (guint)self->leading);
  for (guint i = 0; i < self->heads->len; i++) {
    fill_head (self, i);
    const LoopFrame *head = g_ptr_array_index (self->heads, i);
    if (head != NULL && (first == NULL || head->dts < first->dts)) {
      first = head;
      *track = i;
    }
  }
  return first;
}

LoopFrame *
loop_merge_pop (LoopMerge *self, guint track)
{
  return g_steal_pointer (&g_ptr_array_index (self->heads, track));
}

gboolean
loop_merge_is_over (LoopMerge *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (!track_is_over (self, i))
      return FALSE;
  return TRUE;
}

guint
loop_merge_end (LoopMerge *self)
{
  guint frames = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    LoopTrack *track = g_ptr_array_index (self->tracks, i);
    frames += loop_track_frames_in_pass (track);
    loop_track_end_pass (track);
  }
  return frames;
}

gboolean
loop_merge_leads (LoopMerge *self, guint track)
{
  return self->leading < 0 || track == (guint)self->leading;
}

gint64
loop_merge_latest_end (LoopMerge *self)
{
  gint64 end = 0;

  for (guint i = 0; i < self->tracks->len; i++)
    end = MAX (end, loop_track_end (g_ptr_array_index (self->tracks, i)));
  return end;
}
