#include "viewer-private.h"
#include "viewer-tracks.h"

/* What may wait. The GOP it begins with is shared with the hub's ring, and no larger than that. */
#define MAX_BYTES (48 * 1024 * 1024)
/* Sound is not thinned out with the picture, but left out where it is later than that. */
#define MAX_SOUND_LATE_US (2 * G_USEC_PER_SEC)

/* Thins out what waits where that took the viewer down. */
static void
set_ladder (Viewer *self, Ladder ladder)
{
  gboolean fell = ladder.rung > self->gate.ladder.rung;
  ViewerTrack *main_track
      = self->flow.audio_only ? g_ptr_array_index (self->tracks, 0) : viewer_tracks_video (self->tracks);

  self->gate.ladder = ladder;
  if (fell)
    viewer_track_thin_out (main_track, &self->gate);
}

/* The time at which a frame comes: without any, nothing is learned. */
static void
judge (Viewer *self)
{
  const LadderQueue queue = {
    .now_us = g_get_monotonic_time (),
    .late_us = viewer_tracks_late_us (self->tracks),
    .full = self->flow.waiting_bytes > MAX_BYTES,
  };

  set_ladder (self, ladder_after_frame (self->gate.ladder, &queue));
}

void
viewer_begin_at (Viewer *self, const HubFrame *frame)
{
  self->flow.base = MIN (GST_BUFFER_PTS (frame->buffer), GST_BUFFER_DTS (frame->buffer));
  self->start = GST_BUFFER_PTS (frame->buffer);
}

/* Late frames of before the still would turn time back. */
static gboolean
is_before_still (Viewer *self, const HubFrame *frame)
{
  return self->still != GST_CLOCK_TIME_NONE && GST_BUFFER_PTS (frame->buffer) <= self->still;
}

static gboolean
has_room_for_sound (Viewer *self, ViewerTrack *track, const HubFrame *frame)
{
  return GST_BUFFER_PTS (frame->buffer) >= self->start && self->flow.waiting_bytes <= MAX_BYTES
         && (!self->flow.playing || viewer_track_late_us (track) <= MAX_SOUND_LATE_US);
}

/* Before PLAY only the newest GOP is kept; nothing is late. */
static gboolean
admit (Viewer *self, ViewerTrack *track, const HubFrame *frame)
{
  gboolean begins_gop = frame->keyframe && frame->media == MEDIA_VIDEO;

  if (frame_counts (frame, self->flow.audio_only) && self->life != frame->life) {
    self->life = frame->life;
    self->gate.shut = TRUE;
  }
  if (is_before_still (self, frame))
    return FALSE;
  if (!self->flow.playing && begins_gop) {
    self->start = GST_BUFFER_PTS (frame->buffer);
    viewer_tracks_clear (self->tracks);
  }
  if (!frame_counts (frame, self->flow.audio_only))
    return has_room_for_sound (self, track, frame);
  if (self->flow.playing)
    judge (self);
  return viewer_gate_admits (&self->gate, frame);
}

void
viewer_pass_on (Viewer *self, ViewerTrack *track, const HubFrame *frame)
{
  if (!track->wanted && self->flow.playing)
    return;
  if (frame->media == MEDIA_VIDEO)
    self->latest = MAX (self->latest, GST_BUFFER_PTS (frame->buffer));
  viewer_track_push (track, frame);
}

void
viewer_take_frame (Viewer *self, ViewerTrack *track, const HubFrame *frame)
{
  g_autoptr (HubFrame) moved = NULL;

  if (frame->media == MEDIA_VIDEO)
    moved = viewer_picture_in_time (self, track, frame);
  if (moved != NULL)
    frame = moved;
  if (admit (self, track, frame))
    viewer_pass_on (self, track, frame);
}

/* A source without video cannot be shown to who was promised a picture before there was a source. */
static gboolean
breaks_promise (Viewer *self, const HubFrame *frame)
{
  ViewerTrack *video = viewer_tracks_video (self->tracks);

  return frame->audio_only && video != NULL && video->track->index == ANY_VIDEO;
}

static void
on_hub_frame (const HubFrame *frame, gpointer user_data)
{
  Viewer *self = user_data;
  gboolean ends = FALSE;

  g_mutex_lock (&self->flow.lock);
  ViewerTrack *track = viewer_tracks_find (self->tracks, frame);
  if (self->flow.base == GST_CLOCK_TIME_NONE)
    viewer_begin_at (self, frame);
  if (breaks_promise (self, frame) || (track != NULL && !viewer_track_can_follow (track, frame))) {
    ends = !self->is_over;
    self->is_over = TRUE;
  } else if (track != NULL && (frame->media != MEDIA_VIDEO || viewer_picture_is_due (self, frame))) {
    viewer_take_frame (self, track, frame);
  }
  viewer_look_for_substream (self);
  g_mutex_unlock (&self->flow.lock);
  if (ends)
    self->over (self, self->user_data);
}

Viewer *
viewer_new (const ViewerSettings *settings, GError **error)
{
  static const HubSinkFuncs funcs = { on_hub_frame, NULL };
  g_autoptr (GPtrArray) tracks = viewer_tracks_to_show (settings->hub, settings->still);

  if (tracks->len == 0) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "there is nothing to show yet");
    return NULL;
  }
  Viewer *self = g_atomic_rc_box_new0 (Viewer);
  g_mutex_init (&self->flow.lock);
  self->hub = settings->hub;
  self->substream = settings->substream;
  self->pipelines = settings->pipelines;
  self->over = settings->over;
  self->user_data = settings->user_data;
  self->flow.base = GST_CLOCK_TIME_NONE;
  self->still = GST_CLOCK_TIME_NONE;
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify)viewer_track_free);
  while (tracks->len > 0)
    g_ptr_array_add (self->tracks, viewer_track_new (&self->flow, g_ptr_array_steal_index (tracks, 0)));
  self->flow.audio_only = viewer_tracks_video (self->tracks) == NULL;
  viewer_gate_init (&self->gate, self->flow.audio_only);
  if (settings->still != NULL)
    viewer_begin_with_still (self, settings->still);
  /* After a still only what is newer counts, and that may be in the ring by now. */
  self->sink
      = hub_attach (self->hub, &funcs, self, settings->still != NULL ? HUB_REPLAY_GOP : HUB_REPLAY_LAST_GOP, NULL);
  return self;
}

Viewer *
viewer_ref (Viewer *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
viewer_clear (gpointer data)
{
  Viewer *self = data;

  viewer_leave (self);
  g_ptr_array_unref (self->tracks);
  g_mutex_clear (&self->flow.lock);
}

void
viewer_unref (Viewer *self)
{
  g_atomic_rc_box_release_full (self, viewer_clear);
}

GstElement *
viewer_build (Viewer *self, GError **error)
{
  GstElement *bin = gst_bin_new (NULL);

  for (guint i = 0; i < self->tracks->len; i++) {
    GstElement *payloader = viewer_track_build (g_ptr_array_index (self->tracks, i), self->pipelines, i, error);

    if (payloader == NULL) {
      gst_object_unref (gst_object_ref_sink (bin));
      return NULL;
    }
    gst_bin_add (GST_BIN (bin), payloader);
  }
  return bin;
}

GstClockTime
viewer_running_time (Viewer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  return self->flow.base != GST_CLOCK_TIME_NONE ? viewer_flow_time (&self->flow, hub_now (self->hub)) : 0;
}

void
viewer_play (Viewer *self, GstRTSPMedia *media)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  self->flow.playing = TRUE;
  self->flow.progress_us = g_get_monotonic_time ();
  for (guint i = 0; i < self->tracks->len; i++)
    viewer_track_play (g_ptr_array_index (self->tracks, i), gst_rtsp_media_get_stream (media, i));
}

void
viewer_pause (Viewer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  self->flow.playing = FALSE;
  viewer_lose_substream (self);
  viewer_look_for_substream (self);
}

void
viewer_set_paced (Viewer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  self->flow.paced = TRUE;
}

void
viewer_leave (Viewer *self)
{
  g_mutex_lock (&self->flow.lock);
  guint sink = self->sink;
  self->sink = 0;
  g_mutex_unlock (&self->flow.lock);
  /* Not under the lock: the hub calls with its own lock held. */
  if (sink != 0)
    hub_detach (self->hub, sink);
  viewer_leave_substream (self);
}

void
viewer_finish (Viewer *self)
{
  viewer_leave (self);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);
  self->is_over = TRUE;
  for (guint i = 0; i < self->tracks->len; i++)
    viewer_track_finish (g_ptr_array_index (self->tracks, i));
}

void
viewer_request_keyframe (Viewer *self)
{
  g_mutex_lock (&self->flow.lock);
  gboolean is_there = self->sink != 0;
  Hub *hub = self->gate.ladder.substream ? substream_hub (self->substream) : self->hub;
  g_mutex_unlock (&self->flow.lock);
  if (is_there)
    hub_request_keyframe (hub);
}

void
viewer_take_report (Viewer *self, const LadderReport *report)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  if (report->expected > 0)
    self->loss = CLAMP ((double)report->lost / (double)report->expected, 0, 1);
  set_ladder (self, ladder_after_report (self->gate.ladder, report));
  viewer_look_for_substream (self);
}

/* Time without frames, as in an outage, is not the viewer's fault. */
gboolean
viewer_is_stalled (Viewer *self, gint64 limit_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);
  gint64 without_progress_us = g_get_monotonic_time () - self->flow.progress_us;

  return self->flow.playing && MIN (without_progress_us, viewer_tracks_late_us (self->tracks)) > limit_us;
}

gboolean
viewer_is_over (Viewer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  return self->is_over;
}

void
viewer_get_counts (Viewer *self, ViewerCounts *counts)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  *counts = (ViewerCounts){
    .frames_sent = self->flow.sent,
    .frames_dropped = self->gate.dropped,
    .bytes_sent = self->flow.sent_bytes,
    .waiting_bytes = self->flow.waiting_bytes,
    .playing = self->flow.playing,
    .rung = self->gate.ladder.rung,
    .substream = self->gate.ladder.substream,
    .loss = self->loss,
  };
}
