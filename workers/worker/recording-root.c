#include "recording-root.h"
#include "disk-probe.h"
#include "recording-inbox.h"
#include "segment-closer.h"

#define RETRY_US (2 * G_USEC_PER_SEC)

struct _RecordingRoot
{
  char *path;
  RecordingInbox *inbox;
  GThreadPool *asking; /* one thread: opens and probes */
  SegmentCloser *closer;
  JsonNode *failure; /* NULL: well */
  guint failures;
  gint64 retry_us;
  guint asked;     /* not answered yet */
  gint64 asked_us; /* the oldest of them, or a later one; 0: nothing is */
};

/* What it takes to open a segment on another thread. */
typedef struct
{
  guint64 ticket;
  SegmentConfig config;
  SegmentPlace place;
  char *name;
} Question;

static JsonNode *
failure_of (const GError *error)
{
  return error != NULL ? failure_from_error ("file", error, NULL) : NULL;
}

static void
post (RecordingRoot *self, NoteKind kind, Segment *segment, const GError *error, guint64 ticket)
{
  Note *note = note_new (kind);

  note->ticket = ticket;
  note->root = self;
  note->segment = segment;
  note->failure = failure_of (error);
  recording_inbox_post (self->inbox, note);
}

static void
on_segment_ended (Segment *segment, JsonNode *failure, gpointer user_data)
{
  RecordingRoot *self = user_data;
  Note *note = note_new (NOTE_SEGMENT_ENDED);

  note->segment = segment_ref (segment);
  note->failure = failure;
  recording_inbox_post (self->inbox, note);
}

static Question *
question_new (RecordingRoot *self, const SegmentConfig *config, guint64 ticket)
{
  Question *question = g_new (Question, 1);

  question->ticket = ticket;
  question->config = *config;
  question->name = g_strdup (config->place->name);
  question->place = *config->place;
  question->place.root = self->path;
  question->place.name = question->name;
  question->config.place = &question->place;
  question->config.tracks = g_ptr_array_ref (config->tracks);
  question->config.ended = on_segment_ended;
  question->config.user_data = self;
  if (config->draft != NULL)
    segment_ref (config->draft);
  return question;
}

static void
question_free (Question *question)
{
  g_ptr_array_unref (question->config.tracks);
  g_clear_pointer (&question->config.draft, segment_unref);
  g_free (question->name);
  g_free (question);
}

static void
answer (gpointer data, gpointer user_data)
{
  RecordingRoot *self = user_data;
  g_autoptr (GError) error = NULL;

  /* No question: only to probe. */
  if (data == self) {
    disk_probe (self->path, &error);
    post (self, NOTE_PROBED, NULL, error, 0);
    return;
  }
  Question *question = data;
  guint64 ticket = question->ticket;
  Segment *segment = segment_open (&question->config, &error);
  question_free (question);
  post (self, NOTE_OPENED, segment, error, ticket);
}

static void
on_segment_failed (Segment *segment, const GError *error, gpointer user_data)
{
  segment_fail (segment, failure_of (error));
}

static void
on_segment_placed (Segment *segment, const GError *error, gpointer user_data)
{
  post (user_data, NOTE_SEGMENT_PLACED, segment_ref (segment), error, 0);
}

static void
on_segment_closed (Segment *segment, const GError *error, gpointer user_data)
{
  post (user_data, NOTE_SEGMENT_CLOSED, segment_ref (segment), error, 0);
}

RecordingRoot *
recording_root_new (const char *path, RecordingInbox *inbox)
{
  RecordingRoot *self = g_new0 (RecordingRoot, 1);

  self->path = g_strdup (path);
  self->inbox = inbox;
  self->asking = g_thread_pool_new (answer, self, 1, FALSE, NULL);
  self->closer = segment_closer_new (on_segment_failed, on_segment_placed, on_segment_closed, self);
  return self;
}

void
recording_root_free (RecordingRoot *self)
{
  g_thread_pool_free (self->asking, FALSE, TRUE);
  segment_closer_free (self->closer);
  g_clear_pointer (&self->failure, json_node_unref);
  g_free (self->path);
  g_free (self);
}

const char *
recording_root_path (const RecordingRoot *self)
{
  return self->path;
}

static void
ask (RecordingRoot *self, gpointer question)
{
  if (self->asked++ == 0)
    self->asked_us = g_get_monotonic_time ();
  g_thread_pool_push (self->asking, question, NULL);
}

void
recording_root_open (RecordingRoot *self, const SegmentConfig *config, guint64 ticket)
{
  ask (self, question_new (self, config, ticket));
}

void
recording_root_probe (RecordingRoot *self)
{
  ask (self, self);
}

void
recording_root_answered (RecordingRoot *self)
{
  self->asked_us = --self->asked > 0 ? g_get_monotonic_time () : 0;
}

void
recording_root_name (RecordingRoot *self, Segment *segment)
{
  segment_closer_name (self->closer, segment);
}

void
recording_root_place (RecordingRoot *self, Segment *segment, Segment *draft)
{
  segment_closer_place (self->closer, segment, draft);
}

void
recording_root_sync (RecordingRoot *self, Segment *segment, guint64 frames)
{
  segment_closer_sync (self->closer, segment, frames);
}

void
recording_root_close (RecordingRoot *self, Segment *segment)
{
  segment_closer_close (self->closer, segment);
}

gboolean
recording_root_is_busy (const RecordingRoot *self)
{
  return self->asked_us != 0 || segment_closer_sync_since_us (self->closer) != 0;
}

gint64
recording_root_waits_us (const RecordingRoot *self)
{
  gint64 sync_us = segment_closer_sync_since_us (self->closer);
  gint64 since_us = MIN (sync_us != 0 ? sync_us : G_MAXINT64, self->asked_us != 0 ? self->asked_us : G_MAXINT64);

  return MAX (0, g_get_monotonic_time () - since_us);
}

JsonNode *
recording_root_failure (const RecordingRoot *self)
{
  return self->failure;
}

guint
recording_root_failures (const RecordingRoot *self)
{
  return self->failures;
}

void
recording_root_set_failure (RecordingRoot *self, JsonNode *failure)
{
  g_clear_pointer (&self->failure, json_node_unref);
  self->failure = failure;
  self->failures += failure != NULL ? 1 : 0;
  self->retry_us = g_get_monotonic_time () + RETRY_US;
}

gboolean
recording_root_may_be_tried (const RecordingRoot *self)
{
  return self->failure != NULL && self->asked_us == 0 && g_get_monotonic_time () >= self->retry_us;
}

JsonNode *
recording_root_slow_failure (const RecordingRoot *self)
{
  g_autoptr (GError) error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY,
                                          "%s takes nothing, or too little for the stream", self->path);

  return failure_of (error);
}
