#include "frame-store.h"

/* A track may be so many frames ahead, unless another one is empty: then the file's interleaving decides, up to
 * MAX_BYTES. */
#define FRAMES_AHEAD 24
/* The reading thread is woken to fill the store when it is this low, not for every frame taken. */
#define REFILL_AT 8
#define MAX_BYTES (32 * 1024 * 1024)

typedef struct
{
  GQueue frames;
  gboolean ended;
  gboolean outdated; /* what comes is from before the seek */
} StoreTrack;

struct _FrameStore
{
  GMutex lock;
  GCond room;
  GPtrArray *tracks; /* StoreTrack */
  gsize bytes;
  guint reading; /* number of the stretch */
  guint playing;
  gboolean stopped;
  gboolean ended;
};

void
file_frame_free (FileFrame *frame)
{
  gst_buffer_unref (frame->buffer);
  gst_caps_unref (frame->caps);
  g_free (frame);
}

static void
store_track_free (gpointer data)
{
  StoreTrack *track = data;

  g_queue_clear_full (&track->frames, (GDestroyNotify)file_frame_free);
  g_free (track);
}

FrameStore *
frame_store_new (void)
{
  FrameStore *self = g_new0 (FrameStore, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->room);
  self->tracks = g_ptr_array_new_with_free_func (store_track_free);
  return self;
}

void
frame_store_free (FrameStore *self)
{
  g_ptr_array_unref (self->tracks);
  g_cond_clear (&self->room);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
frame_store_stop (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->stopped = TRUE;
  g_cond_broadcast (&self->room);
}

void
frame_store_add_track (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  StoreTrack *track = g_new0 (StoreTrack, 1);

  g_queue_init (&track->frames);
  g_ptr_array_add (self->tracks, track);
}

static gboolean
another_is_empty (FrameStore *self, const StoreTrack *track)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    StoreTrack *other = g_ptr_array_index (self->tracks, i);
    if (other != track && !other->ended && other->frames.length == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
drops (FrameStore *self, const StoreTrack *track)
{
  return self->stopped || self->ended || track->outdated;
}

static gboolean
must_wait (FrameStore *self, const StoreTrack *track)
{
  if (drops (self, track) || track->frames.length < FRAMES_AHEAD)
    return FALSE;
  return self->bytes > MAX_BYTES || !another_is_empty (self, track);
}

gboolean
frame_store_push (FrameStore *self, guint index, FileFrame *frame)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  StoreTrack *track = g_ptr_array_index (self->tracks, index);

  while (must_wait (self, track))
    g_cond_wait (&self->room, &self->lock);
  if (drops (self, track)) {
    file_frame_free (frame);
    return FALSE;
  }
  frame->stretch = self->reading;
  self->bytes += gst_buffer_get_size (frame->buffer);
  g_queue_push_tail (&track->frames, frame);
  return track->frames.length == 1;
}

void
frame_store_end_track (FrameStore *self, guint index)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  StoreTrack *track = g_ptr_array_index (self->tracks, index);

  track->ended = !track->outdated;
  g_cond_broadcast (&self->room);
}

void
frame_store_end (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->ended = TRUE;
  for (guint i = 0; i < self->tracks->len; i++)
    ((StoreTrack *)g_ptr_array_index (self->tracks, i))->ended = TRUE;
  g_cond_broadcast (&self->room);
}

void
frame_store_begin_stretch (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->reading++;
}

void
frame_store_clear (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->tracks->len; i++) {
    StoreTrack *track = g_ptr_array_index (self->tracks, i);
    track->outdated = TRUE;
    g_queue_clear_full (&track->frames, (GDestroyNotify)file_frame_free);
  }
  self->bytes = 0;
  self->playing = self->reading;
  g_cond_broadcast (&self->room);
}

void
frame_store_begin_anew (FrameStore *self, guint index)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  StoreTrack *track = g_ptr_array_index (self->tracks, index);

  track->outdated = FALSE;
  track->ended = FALSE;
}

FileFrame *
frame_store_pop (FrameStore *self, guint index)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  StoreTrack *track = g_ptr_array_index (self->tracks, index);
  FileFrame *frame = g_queue_peek_head (&track->frames);

  if (frame == NULL || frame->stretch != self->playing)
    return NULL;
  g_queue_pop_head (&track->frames);
  self->bytes -= gst_buffer_get_size (frame->buffer);
  if (track->frames.length <= REFILL_AT)
    g_cond_broadcast (&self->room);
  return frame;
}

gboolean
frame_store_track_ended (FrameStore *self, guint index)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  StoreTrack *track = g_ptr_array_index (self->tracks, index);
  FileFrame *frame = g_queue_peek_head (&track->frames);

  if (frame != NULL)
    return frame->stretch != self->playing;
  return track->ended || self->reading != self->playing;
}

gboolean
frame_store_has_next_stretch (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->reading != self->playing;
}

gboolean
frame_store_next_stretch (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->reading == self->playing)
    return FALSE;
  self->playing++;
  return TRUE;
}

gboolean
frame_store_at_end (FrameStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->tracks->len; i++)
    if (!((StoreTrack *)g_ptr_array_index (self->tracks, i))->ended)
      return FALSE;
  return TRUE;
}
