#include "hub-private.h"

/* How long a viewer who came first waits for tracks that are announced and have sent nothing: without their caps they
 * cannot be described to him, and he would never have them. */
#define LATE_TRACKS_MS 300

static void
replace_tracks (Hub *hub, GPtrArray *tracks)
{
  gop_ring_clear (&hub->ring);
  readiness_set (hub->readiness, FALSE);
  hub->primary = tracks_primary (tracks);
  g_ptr_array_unref (hub->tracks);
  hub->tracks = g_ptr_array_ref (tracks);
}

static void
begin_life (Hub *hub, guint64 life, GPtrArray *tracks)
{
  if (!tracks_equal (hub->tracks, tracks))
    replace_tracks (hub, tracks);
  timeline_begin_life (hub->timeline, hub->tracks->len, hub->backlog_life == life ? hub->backlog : 0);
  arrivals_begin_life (hub->arrivals, life);
  hub->life = life;
  hub->has_frames = FALSE;
}

/* Keeps the former caps where the new ones say the same, so that pointers tell a change of format. */
static void
update_caps (Track *track, GstCaps *caps)
{
  if (track->caps == caps)
    return;
  if (track->caps != NULL && gst_caps_is_equal (track->caps, caps))
    return;
  gst_caps_replace (&track->caps, caps);
}

static gboolean
is_keyframe (const Track *track, GstBuffer *buffer)
{
  return track->media == MEDIA_AUDIO || !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

/* Whether frames of this track are what a life is judged by. */
static gboolean
leads (gint primary, guint index)
{
  return primary < 0 || (gint)index == primary;
}

/* A life sends frames that nobody can begin with: sources that know how to are asked for a keyframe. */
static void
ask_for_beginning (Hub *hub, guint64 life, gboolean keyframe)
{
  if (!keyframe)
    keyframe_requests_ask (hub->requests, life);
}

/* FALSE while the staged life still waits. */
static gboolean
staged_may_take_over (Hub *hub, guint index, GstBuffer *buffer)
{
  const Staged *staged = &hub->staged;

  if (staged->tracks == NULL || index >= staged->tracks->len)
    return FALSE;
  if (!leads (tracks_primary (staged->tracks), index))
    return FALSE;
  hub->staged.has_frames = TRUE;
  gboolean keyframe = is_keyframe (g_ptr_array_index (staged->tracks, index), buffer);
  ask_for_beginning (hub, staged->life, keyframe);
  return keyframe;
}

static void
take_over (Hub *hub)
{
  g_autoptr (GPtrArray) tracks = g_steal_pointer (&hub->staged.tracks);
  guint64 life = hub->staged.life;

  hub->staged = (Staged){ 0 };
  if (hub->life != 0 && !tracks_equal (hub->tracks, tracks))
    hub_sinks_tell_ingest_down (&hub->sinks, HUB_REPLACED);
  begin_life (hub, life, tracks);
}

static void
note_frame (Hub *hub, const HubFrame *frame)
{
  arrivals_note_frame (hub->arrivals, frame->life, frame->track, frame->arrived_us);
  if (!leads (hub->primary, frame->track))
    return;
  hub->has_frames = TRUE;
  if (hub->ring.items.length == 0)
    ask_for_beginning (hub, frame->life, frame->keyframe);
}

static gboolean
all_have_caps (const GPtrArray *tracks)
{
  for (guint i = 0; i < tracks->len; i++) {
    if (((const Track *)g_ptr_array_index (tracks, i))->caps == NULL)
      return FALSE;
  }
  return TRUE;
}

static void
note_ready (Hub *hub)
{
  if (hub->primary >= 0 && hub->ring.items.length == 0)
    return;
  if (all_have_caps (hub->tracks))
    readiness_set (hub->readiness, TRUE);
  else
    readiness_set_later (hub->readiness, LATE_TRACKS_MS);
}

void
hub_push_frame (Hub *hub, guint64 life, guint index, GstBuffer *buffer, GstCaps *caps, gint64 pts, gint64 dts)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  if (life == hub->staged.life && staged_may_take_over (hub, index, buffer))
    take_over (hub);
  if (life != hub->life || index >= hub->tracks->len)
    return;
  Track *track = g_ptr_array_index (hub->tracks, index);
  update_caps (track, caps);

  g_autoptr (GstBuffer) stamped = gst_buffer_copy (buffer);
  gint64 leap = 0;
  TimesNews news = timeline_stamp (hub->timeline, index, track->caps, stamped, pts, dts, hub_now (hub), &leap);
  if (news != TIMES_FINE && hub->times != NULL)
    hub->times (index, news, leap, hub->times_user_data);

  HubFrame frame = {
    .track = index,
    .media = track->media,
    .buffer = stamped,
    .caps = track->caps,
    .life = life,
    .keyframe = is_keyframe (track, buffer),
    .audio_only = hub->primary < 0,
    .n_tracks = hub->tracks->len,
    .arrived_us = g_get_monotonic_time (),
  };
  note_frame (hub, &frame);
  gop_ring_append (&hub->ring, &frame, hub->primary);
  hub_sinks_deliver (&hub->sinks, &frame);
  note_ready (hub);
}

void
hub_begin_life (Hub *hub, guint64 life, const Track *tracks, guint n_tracks)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);
  g_autoptr (GPtrArray) copy = tracks_copy (tracks, n_tracks);

  if (life == hub->staged.life) {
    g_clear_pointer (&hub->staged.tracks, g_ptr_array_unref);
    hub->staged.tracks = g_steal_pointer (&copy);
  } else {
    begin_life (hub, life, copy);
  }
}

void
hub_set_backlog (Hub *hub, guint64 life, GstClockTime backlog)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  hub->backlog_life = life;
  hub->backlog = backlog;
}

static void
clear_staged (Hub *hub)
{
  g_clear_pointer (&hub->staged.tracks, g_ptr_array_unref);
  hub->staged = (Staged){ 0 };
}

void
hub_stage_life (Hub *hub, guint64 life)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  clear_staged (hub);
  hub->staged.life = life;
}

void
hub_end_life (Hub *hub, guint64 life, const char *reason)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  if (life == 0)
    return;
  keyframe_requests_set (hub->requests, life, NULL, NULL);
  if (life == hub->staged.life)
    clear_staged (hub);
  if (life != hub->life)
    return;
  hub->life = 0;
  arrivals_begin_life (hub->arrivals, 0);
  hub_sinks_tell_ingest_down (&hub->sinks, reason);
}

gboolean
hub_is_live (Hub *hub)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  return hub->life != 0;
}

void
hub_set_times_func (Hub *hub, HubTimesFunc func, gpointer user_data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  hub->times = func;
  hub->times_user_data = user_data;
}

gboolean
hub_has_frames (Hub *hub, guint64 life)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  return life == hub->staged.life ? hub->staged.has_frames : life == hub->life && hub->has_frames;
}

void
hub_note_arrival (Hub *hub, guint64 life, guint track)
{
  arrivals_note (hub->arrivals, life, track);
}

Arrivals *
hub_arrivals (Hub *hub)
{
  return hub->arrivals;
}

void
hub_set_keyframe_func (Hub *hub, guint64 life, HubKeyframeFunc func, gpointer user_data)
{
  keyframe_requests_set (hub->requests, life, func, user_data);
}

GstClockTime
hub_now (Hub *hub)
{
  return (GstClockTime)(g_get_monotonic_time () - hub->start_us) * GST_USECOND;
}

Hub *
hub_new (void)
{
  Hub *hub = g_new0 (Hub, 1);

  g_mutex_init (&hub->lock);
  /* One second in the past, so that decode times before the first presentation time are not negative. */
  hub->start_us = g_get_monotonic_time () - G_USEC_PER_SEC;
  hub->tracks = tracks_new ();
  hub->readiness = readiness_new ();
  hub->arrivals = arrivals_new ();
  hub->requests = keyframe_requests_new ();
  hub->timeline = timeline_new ();
  hub->primary = -1;
  gop_ring_init (&hub->ring);
  hub_sinks_init (&hub->sinks);
  return hub;
}

Hub *
hub_new_beside (const Hub *other)
{
  Hub *hub = hub_new ();

  hub->start_us = other->start_us;
  return hub;
}

void
hub_free (Hub *hub)
{
  gop_ring_clear (&hub->ring);
  timeline_free (hub->timeline);
  clear_staged (hub);
  readiness_free (hub->readiness);
  arrivals_free (hub->arrivals);
  keyframe_requests_free (hub->requests);
  g_ptr_array_unref (hub->tracks);
  hub_sinks_clear (&hub->sinks);
  g_mutex_clear (&hub->lock);
  g_free (hub);
}
