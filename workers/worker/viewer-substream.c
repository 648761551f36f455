/* A viewer and the substream: when its picture is from there, and how it changes over.
 *
 * The substream is asked for as soon as the viewer is to have less than all of the stream. The first keyframe of it
 * that comes then takes the place of what waits. Both hubs have one clock, but what they show at a moment may be apart
 * by some hundredths of a second, as their cameras' times and ways are. */
#include "viewer-private.h"
#include "viewer-tracks.h"

/* From one hub's last picture to the other's first, at least: more than a tick of RTP. */
#define LEAST_STEP GST_MSECOND

static void
change_over (Viewer *self, Ladder ladder)
{
  self->gate.ladder = ladder;
  self->gate.shut = TRUE;
  self->gate.keyframe = GST_CLOCK_TIME_NONE;
  self->changed = TRUE;
}

gboolean
viewer_picture_is_due (Viewer *self, const HubFrame *frame)
{
  if (!self->gate.ladder.substream)
    return TRUE;
  if (!frame->keyframe || !ladder_may_leave_substream (&self->gate.ladder))
    return FALSE;
  change_over (self, ladder_leave_substream (self->gate.ladder, g_get_monotonic_time ()));
  return TRUE;
}

/* By how much `time` has to be later to be after `last`. */
static GstClockTime
missing (GstClockTime time, GstClockTime last)
{
  return time < last + LEAST_STEP ? last + LEAST_STEP - time : 0;
}

HubFrame *
viewer_picture_in_time (Viewer *self, const ViewerTrack *track, const HubFrame *frame)
{
  if (self->changed && frame->keyframe) {
    GstClockTime decoded = track->newest != GST_CLOCK_TIME_NONE ? track->newest : 0;

    self->shift = MAX (missing (GST_BUFFER_PTS (frame->buffer), self->latest),
                       missing (GST_BUFFER_DTS (frame->buffer), decoded));
    self->changed = FALSE;
  }
  return self->shift > 0 ? frame_later (frame, self->shift) : NULL;
}

void
viewer_lose_substream (Viewer *self)
{
  if (self->gate.ladder.substream)
    change_over (self, ladder_lose_substream (self->gate.ladder, g_get_monotonic_time ()));
}

static gboolean
can_have (Viewer *self, const ViewerTrack *track, const HubFrame *frame)
{
  return self->wants_substream && !self->is_over && frame->media == MEDIA_VIDEO
         && viewer_track_can_follow (track, frame);
}

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Viewer *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);
  ViewerTrack *track = viewer_tracks_video (self->tracks);

  if (!can_have (self, track, frame))
    return;
  if (!self->gate.ladder.substream && frame->keyframe) {
    self->gate.dropped += viewer_track_drop_waiting (track);
    change_over (self, ladder_take_substream (self->gate.ladder, g_get_monotonic_time ()));
  }
  if (self->gate.ladder.substream)
    viewer_take_frame (self, track, frame);
}

static void
on_down (const char *reason, gpointer user_data)
{
  Viewer *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);

  viewer_lose_substream (self);
}

static void
join (Viewer *self)
{
  static const HubSinkFuncs funcs = { on_frame, on_down };
  Hub *hub = substream_hub (self->substream);

  substream_want (self->substream);
  /* What the hub keeps is older than what the viewer has seen. */
  guint sink = hub_attach (hub, &funcs, self, HUB_LIVE_ONLY, NULL);
  hub_request_keyframe (hub);

  g_mutex_lock (&self->flow.lock);
  self->substream_sink = sink;
  gboolean has_left = self->sink == 0;
  g_mutex_unlock (&self->flow.lock);
  if (has_left)
    viewer_leave_substream (self);
}

void
viewer_leave_substream (Viewer *self)
{
  g_mutex_lock (&self->flow.lock);
  guint sink = self->substream_sink;
  self->substream_sink = 0;
  g_mutex_unlock (&self->flow.lock);
  if (sink == 0)
    return;
  hub_detach (substream_hub (self->substream), sink);
  substream_unwant (self->substream);
}

/* On the main thread, the one that frees the substream, after every viewer has left it. */
static gboolean
join_or_leave (gpointer user_data)
{
  Viewer *self = user_data;

  g_mutex_lock (&self->flow.lock);
  gboolean wants = self->wants_substream && self->sink != 0;
  gboolean has = self->substream_sink != 0;
  g_mutex_unlock (&self->flow.lock);
  if (wants && !has)
    join (self);
  else if (!wants)
    viewer_leave_substream (self);
  return G_SOURCE_REMOVE;
}

void
viewer_look_for_substream (Viewer *self)
{
  const Ladder *ladder = &self->gate.ladder;
  const ViewerTrack *video = viewer_tracks_video (self->tracks);
  gboolean is_shown = self->substream != NULL && self->flow.playing && video != NULL && video->wanted;
  gboolean wants = is_shown && (ladder->substream || ladder->rung != LADDER_ALL);

  if (wants == self->wants_substream)
    return;
  self->wants_substream = wants;
  g_idle_add_full (G_PRIORITY_DEFAULT, join_or_leave, viewer_ref (self), (GDestroyNotify)viewer_unref);
}
