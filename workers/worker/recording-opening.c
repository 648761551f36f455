#include "recording-files-private.h"

void
recording_files_open (RecordingFiles *self, RecordingRoot *root, const HistoryItem *first)
{
  const Container *container = recording_format_choose (&self->format, self->settings->container);
  g_autoptr (GPtrArray) tracks = recording_format_select (&self->format, container);
  const SegmentPlace place = {
    .name = self->settings->name,
    .mode = self->settings->mode,
    .directory_mode = self->settings->directory_mode,
  };
  const SegmentConfig config = {
    .pipelines = self->config.pipelines,
    .place = &place,
    .container = container,
    .tracks = tracks,
    .first = first->frame,
    .open_gop = self->open_gop,
  };

  recording_root_open (root, &config);
  self->opening = root;
  self->opening_us = g_get_monotonic_time ();
  self->opening_number = first->number;
}

gboolean
recording_files_can_begin (RecordingFiles *self)
{
  return self->current == NULL && self->opening == NULL && frame_history_first (&self->history) != NULL
         && recording_roots_choose (&self->roots, FALSE) != NULL;
}

void
recording_files_begin (RecordingFiles *self)
{
  recording_files_open (self, recording_roots_choose (&self->roots, FALSE), frame_history_first (&self->history));
}

/* That came before the picture it belongs to. */
static void
write_early_sound (RecordingFiles *self, const HistoryItem *first)
{
  for (GList *link = self->history.items.head; link->data != first; link = link->next)
    recording_sound_take (&self->sound, ((HistoryItem *)link->data)->frame);
}

static RecordingFile *
add_file (RecordingFiles *self, RecordingRoot *root, Segment *segment, const HistoryItem *first)
{
  RecordingFile *file = g_new0 (RecordingFile, 1);

  file->segment = segment_ref (segment);
  file->root = root;
  file->first_number = first->number;
  g_ptr_array_add (self->open, file);
  segment_set_continues (segment, !self->has_lost && first->number <= self->recorded_to);
  self->has_lost = FALSE;
  return file;
}

/* No file is made of what was opened. It is empty, and leaves nothing behind. */
static void
discard (RecordingFiles *self, RecordingRoot *root, Segment *segment)
{
  RecordingFile *file = g_new0 (RecordingFile, 1);

  file->segment = segment_ref (segment);
  file->root = root;
  file->ended = TRUE;
  g_ptr_array_add (self->open, file);
  segment_fail (segment, failure_new ("stopped", "not needed any more"));
  recording_root_close (root, segment);
}

/* (transfer full); NULL: it has not failed. */
static JsonNode *
take_early_failure (RecordingFiles *self, const Segment *segment)
{
  for (guint i = 0; i < self->early_ends->len; i++) {
    Note *note = g_ptr_array_index (self->early_ends, i);
    if (note->segment == segment) {
      JsonNode *failure = g_steal_pointer (&note->failure);
      g_ptr_array_remove_index_fast (self->early_ends, i);
      return failure;
    }
  }
  return NULL;
}

/* The new file is being written before the old one ends. */
static void
go_over_to (RecordingFiles *self, RecordingRoot *root, Segment *segment, const HistoryItem *first)
{
  RecordingFile *old = self->current;

  if (old != NULL) {
    recording_sound_pass (&self->sound, old->segment, GST_BUFFER_PTS (first->frame->buffer));
    recording_sound_await (&self->sound, old->segment, self->new_file_for);
  }
  self->current = add_file (self, root, segment, first);
  recording_inbox_set_segment (self->config.inbox, segment, recording_files_are_audio_only (self));
  self->new_file_for = NULL;
  self->stuck = FALSE;
  self->cut_short = FALSE;
  self->proven = FALSE;
  if (old == NULL)
    write_early_sound (self, first);
  recording_files_write_kept (self, first->number);
}

/* No file is written after this. */
void
recording_files_forget_current (RecordingFiles *self)
{
  recording_inbox_set_segment (self->config.inbox, NULL, FALSE);
  recording_status_no_file (self->config.status);
  self->current = NULL;
}

void
recording_files_end (RecordingFiles *self, const char *reason)
{
  if (self->current == NULL)
    return;
  recording_sound_pass (&self->sound, self->current->segment, GST_CLOCK_TIME_NONE);
  recording_sound_end_former (&self->sound);
  segment_finish (self->current->segment, reason);
  recording_files_forget_current (self);
}

/* Better one long file than none; but formats don't mix. */
static void
go_on_with_old (RecordingFiles *self)
{
  self->stuck = TRUE;
  if (g_strcmp0 (self->new_file_for, "tracksChanged") == 0) {
    recording_files_end (self, self->new_file_for);
    frame_history_begin_with (&self->history, frame_history_find (&self->history, self->opening_number));
  } else {
    recording_files_write_kept (self, self->opening_number);
  }
}

/* For a cut, whose file could not be opened in one root: in another, or not at all. Without a current file this is up
 * to recording_files_can_begin(). */
void
recording_files_try_next_root (RecordingFiles *self)
{
  RecordingRoot *root = recording_roots_choose (&self->roots, TRUE);

  self->opening = NULL;
  if (self->current == NULL)
    return;
  if (root != NULL)
    recording_files_open (self, root, frame_history_find (&self->history, self->opening_number));
  else
    go_on_with_old (self);
}

void
recording_files_note_opened (RecordingFiles *self, Note *note)
{
  gboolean cuts = self->current != NULL;
  const HistoryItem *first
      = cuts ? frame_history_find (&self->history, self->opening_number) : frame_history_first (&self->history);
  gboolean is_awaited = note->root == self->opening;

  recording_root_answered (note->root);
  if (note->segment == NULL) {
    recording_files_fail_root (self, note->root, g_steal_pointer (&note->failure));
    if (is_awaited)
      recording_files_try_next_root (self);
    return;
  }
  g_autoptr (JsonNode) early_failure = take_early_failure (self, note->segment);
  if (!is_awaited)
    recording_root_set_failure (note->root, NULL);
  if (!is_awaited || first == NULL || first->number != self->opening_number) {
    discard (self, note->root, note->segment);
    self->opening = is_awaited ? NULL : self->opening;
    return;
  }
  recording_root_set_failure (note->root, NULL);
  self->opening = NULL;
  go_over_to (self, note->root, note->segment, first);
  if (early_failure != NULL)
    recording_files_segment_ended (self, recording_files_find (self, note->segment), early_failure);
}
