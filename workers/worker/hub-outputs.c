/* What outputs ask of the hub. */
#include "hub-private.h"

static GPtrArray *
tracks_with_caps (Hub *hub)
{
  GPtrArray *known = tracks_new ();

  for (guint i = 0; i < hub->tracks->len; i++) {
    Track *track = g_ptr_array_index (hub->tracks, i);
    if (track->caps != NULL)
      g_ptr_array_add (known, track_dup (track));
  }
  return known;
}

guint
hub_attach (Hub *hub, const HubSinkFuncs *funcs, gpointer user_data, HubReplay replay, GPtrArray **tracks)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  if (tracks != NULL)
    *tracks = tracks_with_caps (hub);
  if (replay == HUB_REPLAY_LAST_GOP || (replay == HUB_REPLAY_GOP && hub->life != 0))
    gop_ring_foreach (&hub->ring, funcs, user_data);
  return hub_sinks_add (&hub->sinks, funcs, user_data);
}

void
hub_detach (Hub *hub, guint id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  hub_sinks_remove (&hub->sinks, id);
}

GPtrArray *
hub_get_tracks (Hub *hub)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  return tracks_with_caps (hub);
}

GPtrArray *
hub_get_all_tracks (Hub *hub)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);
  GPtrArray *all = tracks_new ();

  for (guint i = 0; i < hub->tracks->len; i++)
    g_ptr_array_add (all, track_dup (g_ptr_array_index (hub->tracks, i)));
  return all;
}

gboolean
hub_is_ready (Hub *hub)
{
  return readiness_get (hub->readiness);
}

guint
hub_when_ready (Hub *hub, ReadyFunc ready, gpointer user_data)
{
  return readiness_wait (hub->readiness, ready, user_data);
}

void
hub_cancel_ready (Hub *hub, guint id)
{
  readiness_cancel (hub->readiness, id);
}

void
hub_request_keyframe (Hub *hub)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  keyframe_requests_ask (hub->requests, hub->life);
}

gsize
hub_ring_bytes (Hub *hub)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&hub->lock);

  return hub->ring.bytes;
}
