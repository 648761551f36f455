/* The way to a file: which root is asked for one, and what becomes of its answer. A file is made ready while the one
 * before it is still written, wherever its time can be foreseen, so that no frame has to wait for it. */
#include "recording-files-private.h"

/* A disk that hangs may still let files be made, one after the other. */
static gboolean
has_too_many_open (RecordingFiles *self, const RecordingRoot *root)
{
  guint n = 0;

  for (guint i = 0; i < self->open->len; i++)
    n += ((RecordingFile *)g_ptr_array_index (self->open, i))->root == root;
  return n >= RECORDING_MOST_OPEN;
}

RecordingRoot *
recording_files_root_for_next (RecordingFiles *self)
{
  RecordingRoot *root = recording_roots_choose (&self->roots, TRUE);

  return root != NULL && !has_too_many_open (self, root) ? root : NULL;
}

/* `draft`: the segment whose place it is to take, or NULL. */
static void
ask (RecordingFiles *self, RecordingRoot *root, Segment *draft)
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
    .draft = draft,
  };

  recording_root_open (root, &config, ++self->opening_ticket);
  self->opening = root;
  self->opening_us = g_get_monotonic_time ();
  self->opening_failures = recording_root_failures (root);
}

/* Nothing is written to it, and nothing is left of it. */
static void
discard (RecordingFiles *self, RecordingRoot *root, Segment *segment)
{
  g_autoptr (JsonNode) early_failure = recording_files_take_early_failure (self, segment);

  recording_files_add (self, root, segment, 0)->ended = TRUE;
  segment_fail (segment, failure_new ("stopped", "not needed any more"));
  recording_root_close (root, segment);
}

void
recording_files_drop_next (RecordingFiles *self)
{
  if (self->next != NULL)
    discard (self, self->next_root, self->next);
  g_clear_pointer (&self->next, segment_unref);
  if (self->awaited || self->opening == NULL)
    return;
  self->leaving_ticket = self->opening_ticket;
  self->opening = NULL;
}

gboolean
recording_files_prepare (RecordingFiles *self)
{
  RecordingRoot *root = recording_files_root_for_next (self);

  if (self->opening == NULL && self->next == NULL && root != NULL)
    ask (self, root, NULL);
  return self->opening != NULL || self->next != NULL;
}

gboolean
recording_files_prepare_replacement (RecordingFiles *self)
{
  RecordingRoot *root = recording_files_root_for_next (self);

  if (root != self->current->root)
    return FALSE;
  ask (self, root, self->current->segment);
  return TRUE;
}

static gboolean
is_on_its_way (RecordingFiles *self, const RecordingRoot *root)
{
  return self->opening != NULL && self->opening == root;
}

void
recording_files_open (RecordingFiles *self, RecordingRoot *root, const HistoryItem *first)
{
  if (self->next != NULL && self->next_root == root) {
    g_autoptr (Segment) next = g_steal_pointer (&self->next);
    recording_files_take_up (self, root, next, first);
    return;
  }
  self->awaited = is_on_its_way (self, root);
  if (!self->awaited) {
    recording_files_drop_next (self);
    ask (self, root, NULL);
  }
  self->awaited = TRUE;
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

/* One root could not open a file: another is asked, or none can be. Without a current file this is up to
 * recording_files_can_begin(). */
static void
try_next_root (RecordingFiles *self)
{
  gboolean was_awaited = self->awaited;

  self->opening = NULL;
  self->awaited = FALSE;
  if (!was_awaited) {
    recording_files_give_up_replacing (self);
    return;
  }
  if (self->current == NULL)
    return;
  RecordingRoot *root = recording_roots_choose (&self->roots, TRUE);
  if (root != NULL)
    recording_files_open (self, root, frame_history_find (&self->history, self->opening_number));
  else
    go_on_with_old (self);
}

/* What the stream stands still for. NULL: it is not wanted any more. */
static const HistoryItem *
awaited_first (RecordingFiles *self)
{
  if (self->current != NULL)
    return frame_history_find (&self->history, self->opening_number);
  const HistoryItem *first = frame_history_first (&self->history);
  return first != NULL && first->number == self->opening_number ? first : NULL;
}

static void
use (RecordingFiles *self, RecordingRoot *root, Segment *segment)
{
  const HistoryItem *first = self->awaited ? awaited_first (self) : NULL;
  gboolean was_awaited = self->awaited;

  self->opening = NULL;
  self->awaited = FALSE;
  if (first != NULL) {
    recording_files_take_up (self, root, segment, first);
  } else if (was_awaited) {
    discard (self, root, segment);
  } else {
    self->next = segment_ref (segment);
    self->next_root = root;
    recording_files_replace_draft (self);
  }
}

void
recording_files_note_opened (RecordingFiles *self, Note *note)
{
  gboolean is_wanted = self->opening != NULL && note->ticket == self->opening_ticket;
  /* A disk that is full lets files be made. */
  gboolean has_failed_since = is_wanted && recording_root_failures (note->root) != self->opening_failures;

  recording_root_answered (note->root);
  if (note->ticket == self->leaving_ticket)
    self->leaving_ticket = 0;
  if (note->segment == NULL)
    recording_files_fail_root (self, note->root, g_steal_pointer (&note->failure));
  else if ((is_wanted && !has_failed_since) || note->ticket == self->late_ticket)
    recording_root_set_failure (note->root, NULL);

  if (note->segment != NULL && is_wanted && !has_failed_since) {
    use (self, note->root, note->segment);
    return;
  }
  if (note->segment != NULL)
    discard (self, note->root, note->segment);
  if (is_wanted)
    try_next_root (self);
}

/* It may be answered yet; until then the root is not to be written to. */
void
recording_files_look_after_opening (RecordingFiles *self)
{
  RecordingRoot *root = self->opening;

  if (g_get_monotonic_time () - self->opening_us < RECORDING_LATE_US)
    return;
  self->leaving_ticket = 0;
  if (root == NULL)
    return;
  self->late_ticket = self->opening_ticket;
  recording_files_fail_root (self, root, recording_root_slow_failure (root));
  try_next_root (self);
}
