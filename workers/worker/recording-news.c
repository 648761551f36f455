#include "recording-files-private.h"

#define SYNC_EVERY_US G_USEC_PER_SEC

RecordingFile *
recording_files_find (RecordingFiles *self, Segment *segment)
{
  for (guint i = 0; i < self->open->len; i++) {
    RecordingFile *file = g_ptr_array_index (self->open, i);
    if (file->segment == segment)
      return file;
  }
  return NULL;
}

/* Where several fail, what is wrong with the preferred one is told, whichever was tried last. */
void
recording_files_fail_root (RecordingFiles *self, RecordingRoot *root, JsonNode *failure)
{
  recording_root_set_failure (root, failure);
  if (root == self->next_root || root == self->opening) {
    recording_files_drop_next (self);
    if (self->replacement == NULL)
      recording_files_give_up_replacing (self);
  }
  JsonNode *first = recording_roots_failure_up_to (&self->roots, root);
  recording_status_degraded (self->config.status, json_node_copy (first != NULL ? first : failure));
}

/* By somebody, with or without its folder. */
static gboolean
was_removed (const JsonNode *failure)
{
  JsonObject *object = json_node_get_object ((JsonNode *)failure);
  const char *domain = json_object_get_string_member_with_default (object, "domain", "");

  return g_str_equal (domain, g_quark_to_string (GST_RESOURCE_ERROR))
         && json_object_get_int_member_with_default (object, "code", 0) == GST_RESOURCE_ERROR_NOT_FOUND;
}

/* The number of the first frame that it may not have. */
static guint64
safe_to (const RecordingFile *file)
{
  return file->first_number + segment_frames_safe (file->segment);
}

guint64
recording_files_unsafe_from (RecordingFiles *self)
{
  guint64 from = self->history.next_number;

  for (guint i = 0; i < self->open->len; i++) {
    const RecordingFile *file = g_ptr_array_index (self->open, i);
    if (!file->ended)
      from = MIN (from, safe_to (file));
  }
  return from;
}

/* It stays unfinished, whatever its pipeline made of it. */
static void
give_up (RecordingFiles *self, RecordingFile *file, const JsonNode *failure)
{
  file->ended = TRUE;
  segment_fail (file->segment, json_node_copy ((JsonNode *)failure));
  segment_drop_waiting (file->segment);
  if (file->segment == self->sound.former)
    self->sound.former = NULL;
  if (file == self->current) {
    recording_sound_end_former (&self->sound);
    recording_sound_forget (&self->sound);
    recording_files_forget_current (self);
    self->new_file_for = NULL;
  }
  recording_root_close (file->root, file->segment);
}

/* Those of the same disk have no better fate, and none that follows may be finished where frames of the failed one are
 * still kept: these come first, and its own once more. */
static gboolean
fails_with (RecordingFiles *self, const RecordingFile *file, const RecordingFile *failed)
{
  if (file->ended)
    return FALSE;
  return file->root == failed->root
         || (file->first_number > failed->first_number
             && frame_history_keyframe_by_number (&self->history, safe_to (failed)) != NULL);
}

/* The present one last: the one before it must not be finished then. Returns what is safe of all of them. */
static guint64
give_up_with (RecordingFiles *self, const RecordingFile *failed, const JsonNode *failure)
{
  guint64 safe = safe_to (failed);

  for (guint i = 0; i < self->open->len; i++) {
    RecordingFile *file = g_ptr_array_index (self->open, i);
    if (file != self->current && file != self->replacement && fails_with (self, file, failed)) {
      safe = MIN (safe, safe_to (file));
      give_up (self, file, failure);
    }
  }
  if (self->current != NULL && (self->current == failed || fails_with (self, self->current, failed)))
    give_up (self, self->current, failure);
  return safe;
}

static void
keep_from (RecordingFiles *self, guint64 number)
{
  const HistoryItem *keyframe = frame_history_keyframe_by_number (&self->history, number);

  self->recorded_to = MIN (self->recorded_to, number);
  if (keyframe != NULL)
    frame_history_begin_with (&self->history, keyframe);
}

/* The next file begins with the frames that the failed one, and others with it, may not have. */
static void
go_back (RecordingFiles *self, const RecordingFile *failed, const JsonNode *failure)
{
  gboolean was_writing = self->current != NULL;
  guint64 safe = give_up_with (self, failed, failure);

  if (was_writing && self->current == NULL)
    keep_from (self, safe);
}

/* What was in it is not wanted; what is kept of it is written all the same. */
static void
note_removed (RecordingFiles *self, RecordingFile *file, const JsonNode *failure)
{
  gboolean is_current = file == self->current;

  give_up (self, file, failure);
  recording_status_warn (self->config.status, "%s was removed while it was written",
                         segment_file_path (segment_file (file->segment)));
  if (!is_current)
    return;
  self->has_lost = TRUE;
  keep_from (self, file->first_number);
}

void
recording_files_segment_ended (RecordingFiles *self, RecordingFile *file, JsonNode *failure)
{
  if (file->ended)
    return;
  if (failure == NULL) {
    file->ended = TRUE;
    recording_root_close (file->root, file->segment);
  } else if (file == self->replacement && self->placing_us == 0) {
    recording_files_give_up_replacing (self);
  } else if (was_removed (failure) && file != self->replacement) {
    note_removed (self, file, failure);
  } else {
    go_back (self, file, failure);
    recording_files_fail_root (self, file->root, json_node_copy (failure));
  }
}

static void
note_ended (RecordingFiles *self, Note *note)
{
  RecordingFile *file = recording_files_find (self, note->segment);

  if (file != NULL) {
    recording_files_segment_ended (self, file, note->failure);
    return;
  }
  Note *early = note_new (note->kind);
  early->segment = g_steal_pointer (&note->segment);
  early->failure = g_steal_pointer (&note->failure);
  g_ptr_array_add (self->early_ends, early);
}

static void
note_closed (RecordingFiles *self, const Note *note)
{
  RecordingFile *file = recording_files_find (self, note->segment);
  gboolean whole = note->failure == NULL && segment_is_whole (note->segment);

  if (file == NULL)
    return;
  RecordingRoot *root = file->root;
  recording_status_closed (self->config.status, note->segment, whole);
  g_ptr_array_remove_fast (self->open, file);
  if (note->failure == NULL || was_removed (note->failure))
    return;
  recording_files_fail_root (self, root, json_node_copy (note->failure));
}

static void
note_probed (RecordingFiles *self, Note *note)
{
  recording_root_answered (note->root);
  recording_root_set_failure (note->root, g_steal_pointer (&note->failure));
}

void
recording_files_note_news (RecordingFiles *self, Note *note)
{
  if (note->kind == NOTE_OPENED)
    recording_files_note_opened (self, note);
  else if (note->kind == NOTE_PROBED)
    note_probed (self, note);
  else if (note->kind == NOTE_SEGMENT_ENDED)
    note_ended (self, note);
  else if (note->kind == NOTE_SEGMENT_PLACED)
    recording_files_note_placed (self, note);
  else if (note->kind == NOTE_SEGMENT_CLOSED)
    note_closed (self, note);
}

/* The present file may be young where the disk took nothing of those before it. */
static gint64
late_us (RecordingFiles *self)
{
  gint64 late = self->placing_us != 0 ? g_get_monotonic_time () - self->placing_us : 0;

  for (guint i = 0; i < self->open->len; i++) {
    const RecordingFile *file = g_ptr_array_index (self->open, i);
    if (file->root == self->current->root && !file->ended)
      late = MAX (late, segment_late_us (file->segment));
  }
  return late;
}

static gboolean
is_too_slow (RecordingFiles *self)
{
  return recording_health_judge (&self->health, &self->roots, self->current->root, late_us (self), self->proven);
}

static void
look_for_proof (RecordingFiles *self)
{
  Segment *segment = self->current->segment;

  if (self->proven || !segment_is_written (segment) || !segment_file_is_named (segment_file (segment)))
    return;
  self->proven = TRUE;
  is_too_slow (self);
  recording_status_opened (self->config.status, segment, recording_root_path (self->current->root));
}

/* What the muxer took before the last sync, and is on its way since: it may hold back as much as a second. */
static void
sync_if_due (RecordingFiles *self)
{
  gint64 now = g_get_monotonic_time ();
  RecordingFile *file = self->current;
  guint64 written = file->written;

  if (now < self->sync_us)
    return;
  self->sync_us = now + SYNC_EVERY_US;
  file->written = segment_frames_written (file->segment);
  recording_root_sync (file->root, file->segment, written > 0 ? written - 1 : 0);
}

/* A disk that takes nothing is left for one that does, if there is one. */
void
recording_files_look_after_current (RecordingFiles *self)
{
  RecordingFile *file = self->current;

  recording_files_look_after_draft (self);
  look_for_proof (self);
  recording_sound_pass (&self->sound, file->segment, 0);
  if (is_too_slow (self) && recording_roots_has_other (&self->roots, file->root) && !segment_is_broken (file->segment))
    segment_fail (file->segment, recording_root_slow_failure (file->root));
  if (recording_roots_has_better (&self->roots, file->root))
    recording_files_ask_for_new (self, "rotate");
  sync_if_due (self);
}
