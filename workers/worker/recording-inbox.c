#include "recording-inbox.h"

/* What a recorder may hold back while the disk is slow. */
#define MAX_BYTES (32 * 1024 * 1024)
#define MAX_AGE_US (10 * G_USEC_PER_SEC)

struct _RecordingInbox
{
  GMutex lock;
  GCond wake;
  GQueue stream; /* Note */
  GQueue news;   /* Note */
  gsize frame_bytes;
  FrameGate gate;
  gboolean has_dropped; /* since the last frame that was admitted */
  Segment *segment;     /* not owned */
};

Note *
note_new (NoteKind kind)
{
  Note *note = g_new0 (Note, 1);

  note->kind = kind;
  return note;
}

void
note_free (Note *note)
{
  g_clear_pointer (&note->frame, frame_free);
  g_clear_pointer (&note->settings, recording_settings_free);
  g_clear_pointer (&note->segment, segment_unref);
  g_clear_pointer (&note->failure, json_node_unref);
  g_free (note);
}

gboolean
note_ends_run (const Note *self)
{
  return self->kind == NOTE_INGEST_DOWN || self->kind == NOTE_INGEST_REPLACED || self->kind == NOTE_STOP
         || self->kind == NOTE_QUIT;
}

RecordingInbox *
recording_inbox_new (void)
{
  RecordingInbox *self = g_new0 (RecordingInbox, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  g_queue_init (&self->stream);
  g_queue_init (&self->news);
  self->gate.max_bytes = MAX_BYTES;
  self->gate.max_age_us = MAX_AGE_US;
  return self;
}

void
recording_inbox_free (RecordingInbox *self)
{
  g_queue_clear_full (&self->stream, (GDestroyNotify)note_free);
  g_queue_clear_full (&self->news, (GDestroyNotify)note_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

static gint64
oldest_frame_age (RecordingInbox *self)
{
  for (GList *link = self->stream.head; link != NULL; link = link->next) {
    const Note *note = link->data;
    if (note->frame != NULL)
      return g_get_monotonic_time () - note->at_us;
  }
  return 0;
}

static gboolean
admits (RecordingInbox *self, const HubFrame *frame)
{
  gint64 age_us = 0;
  gsize bytes = self->frame_bytes + (self->segment != NULL ? segment_waiting (self->segment, &age_us) : 0);

  return frame_gate_admits (&self->gate, frame, bytes, MAX (age_us, oldest_frame_age (self)));
}

static void
append (RecordingInbox *self, GQueue *queue, Note *note)
{
  g_queue_push_tail (queue, note);
  g_cond_signal (&self->wake);
}

void
recording_inbox_post_frame (RecordingInbox *self, const HubFrame *frame)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!admits (self, frame)) {
    self->has_dropped = TRUE;
    return;
  }
  Note *note = note_new (NOTE_FRAME);
  note->frame = frame_keep (frame);
  note->at_us = g_get_monotonic_time ();
  note->lost_before = self->has_dropped;
  self->has_dropped = FALSE;
  self->frame_bytes += gst_buffer_get_size (frame->buffer);
  append (self, &self->stream, note);
}

void
recording_inbox_post (RecordingInbox *self, Note *note)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  append (self, note->kind >= NOTE_OPENED ? &self->news : &self->stream, note);
}

static Note *
pop (RecordingInbox *self, gboolean stream)
{
  Note *note = g_queue_pop_head (&self->news);

  return note == NULL && stream ? g_queue_pop_head (&self->stream) : note;
}

Note *
recording_inbox_take (RecordingInbox *self, gboolean stream, gint64 until_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Note *note;

  while ((note = pop (self, stream)) == NULL)
    if (!g_cond_wait_until (&self->wake, &self->lock, until_us))
      return NULL;
  if (note->frame != NULL)
    self->frame_bytes -= gst_buffer_get_size (note->frame->buffer);
  return note;
}

void
recording_inbox_set_segment (RecordingInbox *self, Segment *segment, gboolean audio_only)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->segment = segment;
  self->gate.audio_only = audio_only;
}

guint64
recording_inbox_dropped (RecordingInbox *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->gate.dropped;
}

gboolean
recording_inbox_is_shut (RecordingInbox *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->gate.shut;
}
