#include "keyframe-requests.h"

#define INTERVAL_US G_USEC_PER_SEC

typedef struct
{
  guint64 life;
  KeyframeFunc func;
  gpointer user_data;
  gint64 asked_us; /* 0: never */
  gboolean due;
} Asked;

struct _KeyframeRequests
{
  GMutex lock;
  GArray *lives; /* Asked */
  guint source;
};

KeyframeRequests *
keyframe_requests_new (void)
{
  KeyframeRequests *self = g_new0 (KeyframeRequests, 1);

  g_mutex_init (&self->lock);
  self->lives = g_array_new (FALSE, FALSE, sizeof (Asked));
  return self;
}

void
keyframe_requests_free (KeyframeRequests *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_array_unref (self->lives);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Asked *
find (KeyframeRequests *self, guint64 life, guint *index)
{
  for (guint i = 0; i < self->lives->len; i++) {
    Asked *asked = &g_array_index (self->lives, Asked, i);
    if (asked->life == life) {
      *index = i;
      return asked;
    }
  }
  return NULL;
}

void
keyframe_requests_set (KeyframeRequests *self, guint64 life, KeyframeFunc func, gpointer user_data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Asked asked = { .life = life, .func = func, .user_data = user_data };
  guint index = 0;

  if (find (self, life, &index) != NULL)
    g_array_remove_index_fast (self->lives, index);
  if (func != NULL)
    g_array_append_val (self->lives, asked);
}

/* A copy of one that is due, so that it is called without the lock. */
static gboolean
take_due (KeyframeRequests *self, Asked *due)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->lives->len; i++) {
    Asked *asked = &g_array_index (self->lives, Asked, i);
    if (asked->due) {
      asked->due = FALSE;
      *due = *asked;
      return TRUE;
    }
  }
  self->source = 0;
  return FALSE;
}

static gboolean
ask_those_due (gpointer user_data)
{
  Asked due;

  while (take_due (user_data, &due))
    due.func (due.user_data);
  return G_SOURCE_REMOVE;
}

void
keyframe_requests_ask (KeyframeRequests *self, guint64 life)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now = g_get_monotonic_time ();
  guint index = 0;
  Asked *asked = find (self, life, &index);

  if (asked == NULL || (asked->asked_us != 0 && now - asked->asked_us < INTERVAL_US))
    return;
  asked->asked_us = now;
  asked->due = TRUE;
  if (self->source == 0)
    self->source = g_idle_add_full (G_PRIORITY_HIGH, ask_those_due, self, NULL);
}
