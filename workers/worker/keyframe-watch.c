#include "keyframe-watch.h"

/* A source that has sent only one keyframe may never mean to send another. */
#define RHYTHM 2
/* Cameras stretch the distance of keyframes while nothing moves. */
#define TIMES_LONGEST 4

struct _KeyframeWatch
{
  Hub *hub;
  KeyframesGone gone;
  gpointer user_data;
  guint sink;

  GMutex lock;
  gint64 patience_us;
  guint64 life;
  guint keyframes; /* of that life */
  gint64 last_us;
  gint64 longest_us; /* from keyframe to keyframe, in all lives: a source that was waited for in vain may be so */
  gboolean asked;
  gboolean told;
  GSource *news; /* for the main thread */
};

static gint64
limit_of (const KeyframeWatch *self)
{
  return MAX (self->patience_us, TIMES_LONGEST * self->longest_us);
}

static gboolean
on_news (gpointer user_data)
{
  KeyframeWatch *self = user_data;

  g_mutex_lock (&self->lock);
  gboolean gone = self->told;
  guint64 life = self->life;
  guint seconds = (guint)((g_get_monotonic_time () - self->last_us) / G_USEC_PER_SEC);
  g_clear_pointer (&self->news, g_source_unref);
  g_mutex_unlock (&self->lock);
  if (gone)
    self->gone (life, seconds, self->user_data);
  else
    hub_request_keyframe (self->hub);
  return G_SOURCE_REMOVE;
}

/* With the lock. */
static void
tell (KeyframeWatch *self)
{
  if (self->news != NULL)
    return;
  self->news = g_idle_source_new ();
  g_source_set_callback (self->news, on_news, self, NULL);
  g_source_attach (self->news, NULL);
}

static void
see_keyframe (KeyframeWatch *self, gint64 now)
{
  if (self->keyframes > 0)
    self->longest_us = MAX (self->longest_us, now - self->last_us);
  self->keyframes++;
  self->last_us = now;
  self->asked = FALSE;
}

static void
see_other (KeyframeWatch *self, gint64 now)
{
  if (self->keyframes < RHYTHM || self->patience_us == 0 || self->told)
    return;
  gint64 waited = now - self->last_us;
  if (waited > limit_of (self)) {
    self->longest_us = waited;
    self->told = TRUE;
    tell (self);
  } else if (!self->asked && waited > limit_of (self) / 2) {
    self->asked = TRUE;
    tell (self);
  }
}

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  KeyframeWatch *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (frame->media != MEDIA_VIDEO)
    return;
  if (frame->life != self->life) {
    self->life = frame->life;
    self->keyframes = 0;
    self->asked = self->told = FALSE;
  }
  if (frame->keyframe)
    see_keyframe (self, frame->arrived_us);
  else
    see_other (self, frame->arrived_us);
}

KeyframeWatch *
keyframe_watch_new (Hub *hub, KeyframesGone gone, gpointer user_data)
{
  static const HubSinkFuncs funcs = { .frame = on_frame };
  KeyframeWatch *self = g_new0 (KeyframeWatch, 1);

  self->hub = hub;
  self->gone = gone;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  self->sink = hub_attach (hub, &funcs, self, HUB_LIVE_ONLY, NULL);
  return self;
}

void
keyframe_watch_free (KeyframeWatch *self)
{
  hub_detach (self->hub, self->sink);
  if (self->news != NULL)
    g_source_destroy (self->news);
  g_clear_pointer (&self->news, g_source_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
keyframe_watch_set_patience (KeyframeWatch *self, guint patience_ms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->patience_us = (gint64)patience_ms * 1000;
}
