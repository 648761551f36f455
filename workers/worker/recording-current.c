/* The file that is written, from its first frame to its last.
 *
 * A first file begins at once, with the tracks that have been seen; until it can be told whether that is all it is a
 * draft. Does another track turn up soon, it is begun anew with all of them, and goes when the new one has its
 * frames. */
#include "recording-files-private.h"

/* So long may the other tracks be behind the first one. */
#define DRAFT_US (300 * 1000)

static RecordingFile *
add_file (RecordingFiles *self, RecordingRoot *root, Segment *segment, const HistoryItem *first)
{
  RecordingFile *file = g_new0 (RecordingFile, 1);

  file->segment = segment_ref (segment);
  file->root = root;
  file->first_number = first->number;
  g_ptr_array_add (self->open, file);
  return file;
}

/* (transfer full); NULL: it has not failed. */
JsonNode *
recording_files_take_early_failure (RecordingFiles *self, const Segment *segment)
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

/* That came before the picture it belongs to. */
static void
write_early_sound (RecordingFiles *self, const HistoryItem *first)
{
  for (GList *link = self->history.items.head; link->data != first; link = link->next)
    recording_sound_take (&self->sound, ((HistoryItem *)link->data)->frame);
}

static gboolean
is_draft (const RecordingFile *file)
{
  return file->draft_until_us != 0 && !file->settled;
}

static void
settle (RecordingFile *file)
{
  if (!file->settled)
    recording_root_name (file->root, file->segment);
  file->settled = TRUE;
}

/* The draft that it replaces may have the name that it is to have. */
static void
settle_if_due (RecordingFiles *self, RecordingFile *file)
{
  gboolean complete = recording_tracks_complete (self->config.tracks);

  if (file->replaces != NULL || self->replacing)
    return;
  if (complete || g_get_monotonic_time () >= file->draft_until_us)
    settle (file);
}

/* It is written from here on, with what is kept from `first` on. */
static void
write_to (RecordingFiles *self, RecordingFile *file, const HistoryItem *first)
{
  g_autoptr (JsonNode) early_failure = recording_files_take_early_failure (self, file->segment);

  self->current = file;
  self->proven = FALSE;
  recording_inbox_set_segment (self->config.inbox, file->segment, recording_files_are_audio_only (self));
  settle_if_due (self, file);
  recording_files_write_kept (self, first->number);
  if (early_failure != NULL)
    recording_files_segment_ended (self, file, early_failure);
}

/* The new file is being written before the old one ends. */
static void
pass_on_from (RecordingFiles *self, RecordingFile *old, const HistoryItem *first)
{
  settle (old);
  recording_sound_pass (&self->sound, old->segment, GST_BUFFER_PTS (first->frame->buffer));
  recording_sound_await (&self->sound, old->segment, self->new_file_for);
}

void
recording_files_take_up (RecordingFiles *self, RecordingRoot *root, Segment *segment, const HistoryItem *first)
{
  RecordingFile *old = self->current;

  if (old != NULL)
    pass_on_from (self, old, first);
  segment_begin (segment, first->frame, self->open_gop);
  segment_set_continues (segment, !self->has_lost && first->number <= self->recorded_to);
  RecordingFile *file = add_file (self, root, segment, first);
  if (old == NULL)
    file->draft_until_us = g_get_monotonic_time () + DRAFT_US;
  self->has_lost = FALSE;
  self->new_file_for = NULL;
  self->stuck = FALSE;
  self->cut_short = FALSE;
  if (old == NULL)
    write_early_sound (self, first);
  write_to (self, file, first);
}

void
recording_files_add_track (RecordingFiles *self, Media media)
{
  gboolean may_replace = media == MEDIA_AUDIO && self->current != NULL && is_draft (self->current);

  recording_files_drop_next (self);
  self->replacing = may_replace && recording_files_prepare (self);
  if (!self->replacing)
    recording_files_ask_for_new (self, "tracksChanged");
}

gboolean
recording_files_await_replacement (RecordingFiles *self)
{
  self->held = self->replacing;
  return self->held;
}

void
recording_files_change_track (RecordingFiles *self)
{
  recording_files_drop_next (self);
  self->replacing = FALSE;
  recording_files_ask_for_new (self, "tracksChanged");
}

void
recording_files_give_up_replacing (RecordingFiles *self)
{
  if (self->replacing)
    recording_files_ask_for_new (self, "tracksChanged");
  self->replacing = FALSE;
}

void
recording_files_replace_draft (RecordingFiles *self)
{
  RecordingFile *draft = self->current;
  const HistoryItem *first = draft != NULL ? frame_history_find (&self->history, draft->first_number) : NULL;

  if (!self->replacing)
    return;
  if (first == NULL) {
    recording_files_give_up_replacing (self);
    return;
  }
  self->replacing = FALSE;
  g_autoptr (Segment) next = g_steal_pointer (&self->next);
  segment_begin (next, first->frame, self->open_gop);
  segment_set_continues (next, segment_continues (draft->segment));
  RecordingFile *file = add_file (self, self->next_root, next, first);
  file->draft_until_us = draft->draft_until_us;
  file->replaces = draft;
  recording_status_take_back (self->config.status, segment_frames (draft->segment),
                              segment_media_bytes (draft->segment));
  recording_sound_forget (&self->sound);
  write_early_sound (self, first);
  write_to (self, file, first);
}

static void
remove_draft (RecordingFile *draft)
{
  draft->ended = TRUE;
  segment_set_unwanted (draft->segment);
  segment_fail (draft->segment, failure_new ("stopped", "begun anew with all tracks"));
  recording_root_close (draft->root, draft->segment);
}

/* Where the file that replaces it is not whole, the draft is left for a rescue, too. */
static void
leave_draft (RecordingFile *draft)
{
  draft->ended = TRUE;
  segment_fail (draft->segment, failure_new ("error", "begun anew with all tracks"));
  recording_root_close (draft->root, draft->segment);
}

void
recording_files_end_replaced (RecordingFile *file, gboolean has_all)
{
  RecordingFile *draft = file->replaces;

  if (draft == NULL || draft->ended)
    return;
  if (has_all)
    remove_draft (draft);
  else
    leave_draft (draft);
}

void
recording_files_look_after_draft (RecordingFiles *self)
{
  RecordingFile *file = self->current;

  settle_if_due (self, file);
  if (file->replaces != NULL && segment_is_written (file->segment)
      && segment_frames_written (file->segment) >= segment_frames (file->replaces->segment))
    recording_files_end_replaced (file, TRUE);
}

void
recording_files_forget_current (RecordingFiles *self)
{
  recording_inbox_set_segment (self->config.inbox, NULL, FALSE);
  recording_status_no_file (self->config.status);
  self->current = NULL;
  self->replacing = FALSE;
  recording_files_drop_next (self);
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
