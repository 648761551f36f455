#include "recording-files-private.h"

/* How often it is looked after things that nobody tells. */
#define LOOK_US (200 * 1000)
/* The same after whether a new file takes data. */
#define PROOF_US (20 * 1000)

static void
file_free (gpointer data)
{
  RecordingFile *file = data;

  segment_unref (file->segment);
  g_free (file);
}

RecordingFile *
recording_files_add (RecordingFiles *self, RecordingRoot *root, Segment *segment, guint64 number)
{
  RecordingFile *file = g_new0 (RecordingFile, 1);

  file->segment = segment_ref (segment);
  file->root = root;
  file->first_number = number;
  g_ptr_array_add (self->open, file);
  return file;
}

gboolean
recording_files_are_audio_only (RecordingFiles *self)
{
  return !recording_tracks_have_video (self->config.tracks);
}

static void
count_dropped (RecordingFiles *self, guint64 frames)
{
  recording_status_count_dropped (self->config.status, frames);
}

void
recording_files_write (RecordingFiles *self, Segment *segment, const HubFrame *frame, gboolean leads)
{
  if (!leads) {
    recording_sound_take (&self->sound, frame);
    return;
  }
  recording_sound_pass (&self->sound, segment, GST_BUFFER_DTS (frame->buffer));
  recording_sound_push (&self->sound, segment, frame, TRUE);
}

static void
write_current (RecordingFiles *self, const HubFrame *frame, gboolean leads, guint64 number)
{
  recording_files_write (self, self->current->segment, frame, leads);
  if (leads)
    self->recorded_to = number + 1;
}

/* What the disk has for sure need not be kept for another file. */
static void
forget_safe (RecordingFiles *self)
{
  const HistoryItem *keyframe = frame_history_keyframe_by_number (&self->history, recording_files_unsafe_from (self));

  if (keyframe != NULL)
    frame_history_begin_with (&self->history, keyframe);
  frame_history_limit (&self->history, KEEP_BYTES);
}

static void
cut_short (RecordingFiles *self, guint64 number)
{
  const HistoryItem *keyframe = frame_history_keyframe_after (&self->history, number);

  recording_files_end (self, "noKeyframe");
  self->cut_short = TRUE;
  self->has_lost = TRUE;
  count_dropped (self, (keyframe != NULL ? keyframe->number : self->history.next_number) - number);
  frame_history_begin_with (&self->history, keyframe);
}

static const char *
why_new_file (RecordingFiles *self, const RecordingExtent *extent)
{
  return self->new_file_for != NULL ? self->new_file_for : recording_limits_reached (&self->settings->limits, extent);
}

gboolean
recording_files_change_with (RecordingFiles *self, const HubFrame *frame)
{
  if (self->current == NULL)
    return FALSE;
  RecordingExtent extent = recording_extent (self->current->segment, frame);
  return recording_tracks_news (self->config.tracks, frame) != TRACK_SAME || why_new_file (self, &extent) != NULL;
}

/* Ends a file whose time has come: at a keyframe for a new one, which is asked for, or at twice its limit for none.
 * TRUE where the frame, and all that is kept after it, goes by recording_files_open(). */
static gboolean
look_at_limits (RecordingFiles *self, const HubFrame *frame, guint64 number)
{
  const RecordingLimits *limits = &self->settings->limits;
  RecordingExtent extent = recording_extent (self->current->segment, frame);
  const char *reason = why_new_file (self, &extent);
  RecordingRoot *root = recording_files_root_for_next (self);

  /* The stream waits until the present file is begun anew. */
  if (root == NULL || self->replacing)
    return FALSE;
  if (reason == NULL) {
    if (recording_limits_near (limits, &extent))
      recording_files_prepare (self);
    return FALSE;
  }
  if (frame->keyframe) {
    self->new_file_for = reason;
    recording_files_open (self, root, frame_history_find (&self->history, number));
    return TRUE;
  }
  recording_files_prepare (self);
  self->config.request_keyframe (self->config.user_data);
  if (!self->stuck && recording_limits_exceeded (limits, &extent))
    cut_short (self, number);
  return FALSE;
}

static void
note_order (RecordingFiles *self, const HubFrame *frame)
{
  GstClockTime pts = GST_BUFFER_PTS (frame->buffer);

  if (frame->keyframe)
    self->keyframe_pts = pts;
  else if (pts < self->keyframe_pts)
    self->open_gop = TRUE;
}

/* Nothing is kept before a keyframe. */
static void
miss (RecordingFiles *self, gboolean leads)
{
  if (leads && (self->cut_short || recording_roots_failure_up_to (&self->roots, NULL) != NULL))
    count_dropped (self, 1);
}

/* `number`: of the history. FALSE: what follows it is not to be written here. */
static gboolean
write_next (RecordingFiles *self, const HubFrame *frame, gboolean leads, guint64 number)
{
  if (leads && look_at_limits (self, frame, number))
    return FALSE;
  if (self->current == NULL)
    return FALSE;
  write_current (self, frame, leads, number);
  return TRUE;
}

void
recording_files_write_kept (RecordingFiles *self, guint64 from)
{
  const HistoryItem *first = frame_history_find (&self->history, from);
  gboolean goes_on = TRUE;

  write_current (self, first->frame, TRUE, from);
  for (GList *link = g_queue_find (&self->history.items, first); goes_on && (link = link->next) != NULL;) {
    const HistoryItem *item = link->data;
    goes_on = write_next (self, item->frame, item->leads, item->number);
  }
}

static void
limit_unrecorded (RecordingFiles *self)
{
  gint64 oldest_us = g_get_monotonic_time () - KEEP_US;
  const HistoryItem *keyframe = frame_history_keyframe_by_arrival (&self->history, oldest_us);
  guint gone = keyframe != NULL ? frame_history_begin_with (&self->history, keyframe) : 0;

  count_dropped (self, gone + frame_history_limit (&self->history, KEEP_BYTES));
}

void
recording_files_take (RecordingFiles *self, const HubFrame *frame)
{
  gboolean leads = frame_counts (frame, recording_files_are_audio_only (self));
  gboolean kept = frame_history_append (&self->history, frame, leads);

  if (leads)
    note_order (self, frame);
  if (self->current != NULL)
    write_next (self, frame, leads, self->history.next_number - 1);
  else if (!kept)
    miss (self, leads);
  if (self->current != NULL && !self->awaited && leads && frame->keyframe)
    forget_safe (self);
}

void
recording_files_note_loss (RecordingFiles *self)
{
  self->has_lost = TRUE;
  if (self->current != NULL)
    self->new_file_for = "error";
  else
    recording_files_forget (self, FORGET_AND_COUNT);
}

const HubFrame *
recording_files_first (RecordingFiles *self)
{
  const HistoryItem *first = frame_history_first (&self->history);

  return first != NULL ? first->frame : NULL;
}

void
recording_files_forget (RecordingFiles *self, Forgetting how)
{
  guint gone = frame_history_begin_with (&self->history, NULL);

  if (how == FORGET_AND_COUNT)
    count_dropped (self, gone);
}

void
recording_files_keep_present_gop (RecordingFiles *self)
{
  frame_history_begin_with (&self->history,
                            frame_history_keyframe_by_number (&self->history, self->history.next_number));
}

void
recording_files_keep_for_trigger (RecordingFiles *self)
{
  const TriggerLimits *limits = &self->settings->trigger;

  recording_files_begin_at (self, g_get_monotonic_time () - limits->pre_us);
  frame_history_limit (&self->history, limits->pre_bytes);
}

void
recording_files_begin_at (RecordingFiles *self, gint64 from_us)
{
  const HistoryItem *keyframe = frame_history_keyframe_by_arrival (&self->history, from_us);

  if (keyframe != NULL)
    frame_history_begin_with (&self->history, keyframe);
}

void
recording_files_do_what_is_due (RecordingFiles *self, gboolean should_record)
{
  if (self->current != NULL)
    recording_files_look_after_current (self);
  else if (should_record && !self->awaited)
    limit_unrecorded (self);
  recording_sound_end_former_if_due (&self->sound);
  recording_files_look_after_opening (self);
  if (self->current != NULL)
    recording_roots_probe_up_to (&self->roots, self->current->root);
  recording_status_set_pre_bytes (self->config.status, self->history.bytes);
}

gint64
recording_files_next_due_us (RecordingFiles *self)
{
  gboolean soon = self->current != NULL && (!self->proven || self->replacing);

  return g_get_monotonic_time () + (soon ? PROOF_US : LOOK_US);
}

void
recording_files_ask_for_new (RecordingFiles *self, const char *reason)
{
  if (self->current != NULL && self->new_file_for == NULL)
    self->new_file_for = reason;
}

gboolean
recording_files_is_opening (RecordingFiles *self)
{
  return self->awaited || (self->replacing && self->held);
}

gboolean
recording_files_is_writing (RecordingFiles *self)
{
  return self->current != NULL;
}

gboolean
recording_files_are_closed (RecordingFiles *self)
{
  return self->open->len == 0 && self->opening == NULL && self->leaving_ticket == 0 && self->next == NULL;
}

gboolean
recording_files_are_idle (RecordingFiles *self)
{
  return recording_files_are_closed (self) && !recording_roots_are_busy (&self->roots);
}

const RecordingSettings *
recording_files_settings (RecordingFiles *self)
{
  return self->settings;
}

void
recording_files_change (RecordingFiles *self, RecordingSettings *settings)
{
  if (recording_settings_need_new_file (settings, self->settings))
    recording_files_ask_for_new (self, "rotate");
  recording_files_drop_next (self);
  recording_settings_free (self->settings);
  self->settings = settings;
  recording_roots_set (&self->roots, settings->roots);
}

RecordingFiles *
recording_files_new (const RecordingFilesConfig *config, RecordingSettings *settings)
{
  RecordingFiles *self = g_new0 (RecordingFiles, 1);

  self->config = *config;
  self->settings = settings;
  self->format = (RecordingFormat){ .status = config->status, .tracks = config->tracks };
  self->health = (RecordingHealth){ .status = config->status, .inbox = config->inbox };
  self->open = g_ptr_array_new_with_free_func (file_free);
  self->early_ends = g_ptr_array_new_with_free_func ((GDestroyNotify)note_free);
  self->has_lost = TRUE;
  recording_sound_init (&self->sound, config->status);
  frame_history_init (&self->history);
  recording_roots_init (&self->roots, config->inbox);
  recording_roots_set (&self->roots, settings->roots);
  return self;
}

void
recording_files_warm_up (RecordingFiles *self)
{
  container_load (self->settings->container, self->config.pipelines);
}

void
recording_files_free (RecordingFiles *self)
{
  g_clear_pointer (&self->next, segment_unref);
  recording_roots_clear (&self->roots);
  g_ptr_array_unref (self->open);
  recording_sound_forget (&self->sound);
  frame_history_clear (&self->history);
  g_ptr_array_unref (self->early_ends);
  recording_settings_free (self->settings);
  g_free (self);
}
