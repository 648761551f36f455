#include "recording-tap.h"

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  recording_inbox_post_frame (((RecordingTap *)user_data)->inbox, frame);
}

static void
on_ingest_down (const char *reason, gpointer user_data)
{
  gboolean replaced = g_str_equal (reason, HUB_REPLACED);

  recording_inbox_post (((RecordingTap *)user_data)->inbox,
                        note_new (replaced ? NOTE_INGEST_REPLACED : NOTE_INGEST_DOWN));
}

void
recording_tap_join (RecordingTap *self, Hub *hub, RecordingInbox *inbox, GPtrArray **tracks)
{
  static const HubSinkFuncs funcs = { on_frame, on_ingest_down };

  g_mutex_init (&self->lock);
  self->hub = hub;
  self->inbox = inbox;
  self->sink = hub_attach (hub, &funcs, self, HUB_REPLAY_GOP, tracks);
}

void
recording_tap_leave (RecordingTap *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->sink != 0)
    hub_detach (self->hub, self->sink);
  self->sink = 0;
}

void
recording_tap_clear (RecordingTap *self)
{
  g_mutex_clear (&self->lock);
}

void
recording_tap_request_keyframe (RecordingTap *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->sink != 0)
    hub_request_keyframe (self->hub);
}
