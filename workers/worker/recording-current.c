/* The file that is written, from its first frame to its last. */
#include "recording-files-private.h"

/* So long may the other tracks be behind the first one. */
#define DRAFT_US (300 * 1000)

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

void
recording_files_take_early_sound (RecordingFiles *self, const HistoryItem *first)
{
  for (GList *link = self->history.items.head; link->data != first; link = link->next)
    recording_sound_take (&self->sound, ((HistoryItem *)link->data)->frame);
}

/* It is written from here on, with what is kept from `first` on. */
static void
write_to (RecordingFiles *self, RecordingFile *file, const HistoryItem *first)
{
  g_autoptr (JsonNode) early_failure = recording_files_take_early_failure (self, file->segment);

  self->current = file;
  self->proven = FALSE;
  recording_inbox_set_segment (self->config.inbox, file->segment, recording_files_are_audio_only (self));
  recording_files_settle_if_due (self, file);
  recording_files_write_kept (self, first->number);
  if (early_failure != NULL)
    recording_files_segment_ended (self, file, early_failure);
}

/* The new file is being written before the old one ends. */
static void
pass_on_from (RecordingFiles *self, RecordingFile *old, const HistoryItem *first)
{
  recording_files_settle (old);
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
  RecordingFile *file = recording_files_add (self, root, segment, first->number);
  if (old == NULL)
    file->draft_until_us = g_get_monotonic_time () + DRAFT_US;
  self->has_lost = FALSE;
  self->new_file_for = NULL;
  self->stuck = FALSE;
  self->cut_short = FALSE;
  if (old == NULL)
    recording_files_take_early_sound (self, first);
  write_to (self, file, first);
}

void
recording_files_forget_current (RecordingFiles *self)
{
  recording_inbox_set_segment (self->config.inbox, NULL, FALSE);
  recording_status_no_file (self->config.status);
  self->current = NULL;
  recording_files_leave_replacing (self);
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
