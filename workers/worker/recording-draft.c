/* How a first file is begun anew.
 *
 * It begins at once, with the tracks that have been seen; until it can be told whether that is all it is a draft. Does
 * another track turn up soon, a file with all of them is opened beside it. Both get every frame from then on, until the
 * new one has what the draft has; then it takes its place on the disk in one step, and the draft is gone. So there is
 * exactly one that counts at any moment, and it has all frames.
 *
 * What could end the draft, or change its tracks, waits until then (recording_files_await_replacement()). */
#include "recording-files-private.h"

void
recording_files_settle (RecordingFile *file)
{
  if (!file->settled)
    recording_root_name (file->root, file->segment);
  file->settled = TRUE;
}

/* The name of a draft that is begun anew is that of the file which takes its place. */
void
recording_files_settle_if_due (RecordingFiles *self, RecordingFile *file)
{
  gboolean complete = recording_tracks_complete (self->config.tracks);

  if (!self->replacing && (complete || g_get_monotonic_time () >= file->draft_until_us))
    recording_files_settle (file);
}

static gboolean
is_draft (const RecordingFile *file)
{
  return file->draft_until_us != 0 && !file->settled;
}

void
recording_files_add_track (RecordingFiles *self, Media media)
{
  gboolean may_replace = media == MEDIA_AUDIO && self->current != NULL && is_draft (self->current);

  recording_files_drop_next (self);
  self->replacing = may_replace && recording_files_prepare_replacement (self);
  if (!self->replacing)
    recording_files_ask_for_new (self, "tracksChanged");
}

void
recording_files_change_track (RecordingFiles *self)
{
  recording_files_drop_next (self);
  recording_files_ask_for_new (self, "tracksChanged");
}

gboolean
recording_files_await_replacement (RecordingFiles *self)
{
  self->held = self->replacing;
  return self->held;
}

/* While it is about to take the place of the draft nobody knows which of them is there: it stays for a rescue then, as
 * the draft does. */
static void
drop_replacement (RecordingFiles *self)
{
  RecordingFile *file = self->replacement;

  file->ended = TRUE;
  if (self->placing_us == 0)
    segment_set_unwanted (file->segment);
  segment_fail (file->segment, failure_new ("stopped", "not needed any more"));
  segment_drop_waiting (file->segment);
  recording_root_close (file->root, file->segment);
}

void
recording_files_leave_replacing (RecordingFiles *self)
{
  if (self->replacement != NULL)
    drop_replacement (self);
  self->replacement = NULL;
  self->sound.beside = NULL;
  self->placing_us = 0;
  self->replacing = FALSE;
  self->held = FALSE;
}

void
recording_files_give_up_replacing (RecordingFiles *self)
{
  if (self->replacing)
    recording_files_ask_for_new (self, "tracksChanged");
  recording_files_leave_replacing (self);
}

/* As the draft got it. */
static void
write_kept_anew (RecordingFiles *self, const HistoryItem *first)
{
  recording_sound_forget (&self->sound);
  recording_files_take_early_sound (self, first);
  for (GList *link = g_queue_find (&self->history.items, first); link != NULL; link = link->next) {
    const HistoryItem *item = link->data;
    recording_files_write (self, NULL, item->frame, item->leads);
  }
}

static void
begin_anew (RecordingFiles *self, Segment *segment, const HistoryItem *first)
{
  const RecordingFile *draft = self->current;

  segment_begin (segment, first->frame, self->open_gop);
  segment_set_continues (segment, segment_continues (draft->segment));
  self->replacement = recording_files_add (self, draft->root, segment, first->number);
  self->replacement->draft_until_us = draft->draft_until_us;
  self->to_catch_up = segment_frames (draft->segment);
  self->caught_up = FALSE;
  self->sound.beside = segment;
  write_kept_anew (self, first);
}

void
recording_files_replace_draft (RecordingFiles *self)
{
  const RecordingFile *draft = self->current;
  const HistoryItem *first = draft != NULL ? frame_history_find (&self->history, draft->first_number) : NULL;

  if (!self->replacing)
    return;
  if (first == NULL) {
    recording_files_drop_next (self);
    recording_files_give_up_replacing (self);
    return;
  }
  g_autoptr (Segment) segment = g_steal_pointer (&self->next);
  g_autoptr (JsonNode) early_failure = recording_files_take_early_failure (self, segment);
  begin_anew (self, segment, first);
  if (early_failure != NULL)
    recording_files_give_up_replacing (self);
}

/* First with what the draft had when it began, then with what came to both of them meanwhile: what is missing from then
 * on is on its way, as it is with any file. */
static gboolean
has_caught_up (RecordingFiles *self)
{
  guint64 frames = segment_frames_written (self->replacement->segment);
  guint64 drafted = segment_frames (self->current->segment);

  if (!segment_is_written (self->replacement->segment) || frames < self->to_catch_up)
    return FALSE;
  if (self->caught_up || frames >= drafted)
    return TRUE;
  self->to_catch_up = drafted;
  self->caught_up = TRUE;
  return FALSE;
}

static void
place (RecordingFiles *self)
{
  self->placing_us = g_get_monotonic_time ();
  recording_root_place (self->current->root, self->replacement->segment, self->current->segment);
}

void
recording_files_look_after_draft (RecordingFiles *self)
{
  recording_files_settle_if_due (self, self->current);
  if (self->replacement == NULL || self->placing_us != 0)
    return;
  if (has_caught_up (self))
    place (self);
  else if (g_get_monotonic_time () - self->opening_us >= RECORDING_LATE_US)
    recording_files_give_up_replacing (self);
}

static void
end_draft (RecordingFile *draft)
{
  draft->ended = TRUE;
  segment_set_unwanted (draft->segment);
  segment_fail (draft->segment, failure_new ("stopped", "begun anew with all tracks"));
  recording_root_close (draft->root, draft->segment);
}

static void
go_on_with_replacement (RecordingFiles *self)
{
  RecordingFile *draft = self->current;
  Segment *segment = self->replacement->segment;

  self->current = g_steal_pointer (&self->replacement);
  recording_files_leave_replacing (self);
  recording_inbox_set_segment (self->config.inbox, segment, recording_files_are_audio_only (self));
  recording_status_count (self->config.status, 0, segment_media_bytes (segment) - segment_media_bytes (draft->segment));
  end_draft (draft);
  recording_files_settle_if_due (self, self->current);
}

void
recording_files_note_placed (RecordingFiles *self, const Note *note)
{
  if (self->replacement == NULL || self->replacement->segment != note->segment)
    return;
  if (note->failure == NULL) {
    go_on_with_replacement (self);
    return;
  }
  self->placing_us = 0;
  recording_status_warn (
      self->config.status, "%s has no sound up to the next keyframe: %s",
      segment_file_path (segment_file (self->current->segment)),
      json_object_get_string_member_with_default (json_node_get_object (note->failure), "message", "the disk refused"));
  recording_files_give_up_replacing (self);
}
