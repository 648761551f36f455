#include "recording.h"
#include "recording-tap.h"

/* Sound waits so long for a picture that is to come. */
#define VIDEO_US (2 * G_USEC_PER_SEC)

struct _Recording
{
  RecordingTap tap;
  RecordingInbox *inbox;
  RecordingStatus *status;
  RecordingFiles *files;

  GMutex lock;
  GSourceFunc stopped;
  gpointer stopped_data;

  /* The thread's own from here on. */
  RecordingTracks *tracks;
  RecordingEvent event;
  gint64 first_us; /* when the first of the frames that are kept was seen */
  Note *put_off;   /* the next one of the stream: a file is to be opened first for the frames before it */
  gboolean stopping;
  gboolean quit;
};

static void
recording_clear (gpointer data)
{
  Recording *self = data;

  recording_files_free (self->files);
  g_clear_pointer (&self->put_off, note_free);
  recording_inbox_free (self->inbox);
  recording_status_free (self->status);
  recording_tracks_free (self->tracks);
  recording_tap_clear (&self->tap);
  g_mutex_clear (&self->lock);
}

static gboolean
should_record (Recording *self)
{
  gboolean by_trigger = recording_files_settings (self->files)->by_trigger;

  return !self->stopping && (!by_trigger || self->event.active);
}

static void
begin_file (Recording *self)
{
  if (self->event.begun_us == 0)
    self->event.begun_us = recording_files_first (self->files)->arrived_us;
  recording_files_begin (self->files);
}

static gboolean
can_begin_file (Recording *self)
{
  return should_record (self) && recording_files_can_begin (self->files);
}

/* When a file may begin with what was seen. */
static gint64
begin_due_us (Recording *self)
{
  gboolean at_once = recording_tracks_have_video (self->tracks) || recording_tracks_complete (self->tracks);

  return at_once ? 0 : self->first_us + VIDEO_US;
}

static void
request_keyframe (gpointer user_data)
{
  recording_tap_request_keyframe (&((Recording *)user_data)->tap);
}

/* What is kept so far goes into no file. */
static void
forget_kept (Recording *self)
{
  gboolean missed = should_record (self) && !recording_files_is_writing (self->files);

  recording_files_forget (self->files, missed ? FORGET_AND_COUNT : FORGET_ALL);
}

/* `at_keyframe`: the next frame is one, with which another recording can begin. */
static void
end_event (Recording *self, gboolean at_keyframe)
{
  if (at_keyframe || !recording_files_is_writing (self->files))
    forget_kept (self);
  else
    recording_files_keep_present_gop (self->files);
  recording_files_end (self->files, "event");
  recording_status_idle (self->status);
  self->event.active = FALSE;
}

static gboolean
event_is_over (Recording *self, gboolean at_keyframe, gint64 now_us)
{
  const TriggerLimits *limits = &recording_files_settings (self->files)->trigger;

  return self->event.active && recording_event_is_over (&self->event, limits, at_keyframe, now_us);
}

/* Frames of one format make a file. */
static void
note_tracks (Recording *self, const HubFrame *frame)
{
  TrackNews news = recording_tracks_note (self->tracks, frame);
  gboolean writing = recording_files_is_writing (self->files);

  if (news == TRACK_APPEARED || news == TRACK_RETURNED)
    recording_files_add_track (self->files, frame->media);
  else if (news == TRACK_CHANGED)
    recording_files_change_track (self->files);
  if (!writing && (news == TRACK_CHANGED || (news == TRACK_APPEARED && frame->media == MEDIA_VIDEO)))
    forget_kept (self);
}

static void
on_frame (Recording *self, const Note *note)
{
  const HubFrame *frame = note->frame;

  note_tracks (self, frame);
  if (self->stopping)
    return;
  if (note->lost_before)
    recording_files_note_loss (self->files);
  if (event_is_over (self, recording_tracks_begin_gop (self->tracks, frame), frame->arrived_us))
    end_event (self, recording_tracks_begin_gop (self->tracks, frame));

  gboolean none_kept = recording_files_first (self->files) == NULL;
  recording_files_take (self->files, frame);
  if (none_kept)
    self->first_us = g_get_monotonic_time ();
  if (!should_record (self) && recording_tracks_begin_gop (self->tracks, frame))
    recording_files_keep_for_trigger (self->files);
  if (recording_files_first (self->files) == NULL && !recording_files_is_writing (self->files))
    request_keyframe (self);
}

static void
on_ingest_down (Recording *self, const char *reason)
{
  forget_kept (self);
  recording_files_end (self->files, reason);
  recording_tracks_forget_seen (self->tracks);
}

static void
on_trigger (Recording *self, const Note *note)
{
  const RecordingSettings *settings = recording_files_settings (self->files);
  gboolean was_active = self->event.active;
  gint64 pre_us = note->pre_us >= 0 ? note->pre_us : settings->trigger.pre_us;

  if (!settings->by_trigger)
    return;
  recording_event_trigger (&self->event, note->at_us, pre_us, note->for_us);
  if (!was_active)
    recording_files_begin_at (self->files, self->event.from_us);
}

static void
on_settings (Recording *self, Note *note)
{
  recording_files_change (self->files, g_steal_pointer (&note->settings));
  if (!should_record (self) && recording_files_is_writing (self->files))
    end_event (self, FALSE);
}

static void
on_stop (Recording *self)
{
  forget_kept (self);
  recording_files_end (self->files, "stopped");
  self->stopping = TRUE;
}

/* What is kept can't go into one file with what follows. */
static gboolean
is_turning_point (Recording *self, const Note *note)
{
  return note_ends_run (note)
         || (note->frame != NULL && recording_tracks_news (self->tracks, note->frame) == TRACK_CHANGED);
}

static gboolean
concerns_file (Recording *self, const Note *note)
{
  const HubFrame *frame = note->frame;

  if (frame == NULL)
    return note_ends_run (note) || note->kind == NOTE_SETTINGS;
  return recording_files_change_with (self->files, frame)
         || event_is_over (self, recording_tracks_begin_gop (self->tracks, frame), frame->arrived_us);
}

static void
handle (Recording *self, Note *note)
{
  switch (note->kind) {
  case NOTE_FRAME:
    on_frame (self, note);
    break;
  case NOTE_INGEST_DOWN:
    on_ingest_down (self, "ingestDown");
    recording_files_note_loss (self->files);
    break;
  case NOTE_INGEST_REPLACED:
    on_ingest_down (self, "tracksChanged");
    break;
  case NOTE_NEW_FILE:
    recording_files_ask_for_new (self->files, "rotate");
    break;
  case NOTE_TRIGGER:
    on_trigger (self, note);
    break;
  case NOTE_SETTINGS:
    on_settings (self, note);
    break;
  case NOTE_STOP:
    on_stop (self);
    break;
  case NOTE_QUIT:
    on_stop (self);
    self->quit = TRUE;
    break;
  case NOTE_OPENED:
  case NOTE_PROBED:
  case NOTE_SEGMENT_ENDED:
  case NOTE_SEGMENT_PLACED:
  case NOTE_SEGMENT_CLOSED:
    recording_files_note_news (self->files, note);
    break;
  }
}

/* When to look again, though nothing comes. */
static gint64
next_due_us (Recording *self)
{
  gint64 due_us = recording_files_next_due_us (self->files);

  return can_begin_file (self) ? MIN (due_us, begin_due_us (self)) : due_us;
}

/* The stream stands still while a file is being opened. */
static Note *
take_note (Recording *self)
{
  gboolean opening = recording_files_is_opening (self->files);

  if (!opening && self->put_off != NULL)
    return g_steal_pointer (&self->put_off);
  return recording_inbox_take (self->inbox, !opening, next_due_us (self));
}

static void
do_what_is_due (Recording *self)
{
  if (can_begin_file (self) && g_get_monotonic_time () >= begin_due_us (self))
    begin_file (self);
  recording_files_do_what_is_due (self->files, should_record (self));
  if (!recording_files_is_opening (self->files) && event_is_over (self, FALSE, g_get_monotonic_time ())
      && !recording_files_await_replacement (self->files))
    end_event (self, FALSE);
}

static void
tell_stopped (Recording *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->stopped != NULL)
    g_idle_add (self->stopped, self->stopped_data);
  self->stopped = NULL;
}

/* A file for what was before the turning point is to be opened first, or the present one to be begun anew. */
static gboolean
has_to_wait (Recording *self, const Note *note)
{
  if (is_turning_point (self, note) && can_begin_file (self)) {
    begin_file (self);
    return TRUE;
  }
  return concerns_file (self, note) && recording_files_await_replacement (self->files);
}

static gpointer
run (gpointer user_data)
{
  Recording *self = user_data;

  recording_files_warm_up (self->files);
  while (!self->quit || !recording_files_are_idle (self->files)) {
    g_autoptr (Note) note = take_note (self);

    if (note != NULL && has_to_wait (self, note)) {
      self->put_off = g_steal_pointer (&note);
      continue;
    }
    if (note != NULL)
      handle (self, note);
    do_what_is_due (self);
    if (self->stopping && recording_files_are_closed (self->files))
      tell_stopped (self);
  }
  g_atomic_rc_box_release_full (self, recording_clear);
  return NULL;
}

Recording *
recording_new (const OutputContext *context, const char *id, RecordingSettings *settings)
{
  Recording *self = g_atomic_rc_box_new0 (Recording);
  GPtrArray *tracks = NULL;

  g_mutex_init (&self->lock);
  self->inbox = recording_inbox_new ();
  self->status = recording_status_new (context->reporter, id);
  recording_tap_join (&self->tap, context->hub, self->inbox, &tracks);
  self->tracks = recording_tracks_new (tracks);
  const RecordingFilesConfig config = {
    .request_keyframe = request_keyframe,
    .user_data = self,
    .pipelines = context->pipelines,
    .inbox = self->inbox,
    .status = self->status,
    .tracks = self->tracks,
  };
  self->files = recording_files_new (&config, settings);
  g_thread_unref (g_thread_new ("recorder", run, g_atomic_rc_box_acquire (self)));
  return self;
}

void
recording_free (Recording *self)
{
  recording_tap_leave (&self->tap);
  recording_status_mute (self->status);
  g_mutex_lock (&self->lock);
  self->stopped = NULL;
  g_mutex_unlock (&self->lock);
  recording_inbox_post (self->inbox, note_new (NOTE_QUIT));
  g_atomic_rc_box_release_full (self, recording_clear);
}

void
recording_change (Recording *self, RecordingSettings *settings)
{
  Note *note = note_new (NOTE_SETTINGS);

  note->settings = settings;
  recording_inbox_post (self->inbox, note);
}

void
recording_rotate (Recording *self)
{
  recording_inbox_post (self->inbox, note_new (NOTE_NEW_FILE));
}

void
recording_trigger (Recording *self, gint64 for_us, gint64 pre_us)
{
  Note *note = note_new (NOTE_TRIGGER);

  note->at_us = g_get_monotonic_time ();
  note->for_us = for_us;
  note->pre_us = pre_us;
  recording_inbox_post (self->inbox, note);
}

void
recording_stop (Recording *self, GSourceFunc stopped, gpointer user_data)
{
  recording_tap_leave (&self->tap);
  g_mutex_lock (&self->lock);
  self->stopped = stopped;
  self->stopped_data = user_data;
  g_mutex_unlock (&self->lock);
  recording_inbox_post (self->inbox, note_new (NOTE_STOP));
}

void
recording_get_stats (Recording *self, RecordingStats *stats)
{
  recording_status_get (self->status, stats);
  stats->frames_dropped += recording_inbox_dropped (self->inbox);
}
