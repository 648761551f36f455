#include "readiness.h"

typedef struct
{
  guint id;
  ReadyFunc func;
  gpointer user_data;
} Waiter;

struct _Readiness
{
  GMutex lock;
  GPtrArray *waiters; /* Waiter */
  guint last_id;
  guint timer; /* 0: none */
  gboolean ready;
};

Readiness *
readiness_new (void)
{
  Readiness *self = g_new0 (Readiness, 1);

  g_mutex_init (&self->lock);
  self->waiters = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
readiness_free (Readiness *self)
{
  while (g_source_remove_by_user_data (self))
    continue;
  g_ptr_array_unref (self->waiters);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
call_waiters (gpointer user_data)
{
  Readiness *self = user_data;

  for (;;) {
    g_autofree Waiter *waiter = NULL;

    g_mutex_lock (&self->lock);
    if (self->waiters->len > 0)
      waiter = g_ptr_array_steal_index (self->waiters, 0);
    g_mutex_unlock (&self->lock);
    if (waiter == NULL)
      return G_SOURCE_REMOVE;
    waiter->func (waiter->user_data);
  }
}

/* With the lock held. */
static void
schedule_calls (Readiness *self)
{
  if (self->ready && self->waiters->len > 0)
    g_idle_add_full (G_PRIORITY_HIGH, call_waiters, self, NULL);
}

void
readiness_set (Readiness *self, gboolean ready)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_handle_id (&self->timer, g_source_remove);
  if (ready == self->ready)
    return;
  self->ready = ready;
  schedule_calls (self);
}

static gboolean
on_timer (gpointer user_data)
{
  Readiness *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  /* Another thread may have taken it back while this one came here. */
  if (self->timer == g_source_get_id (g_main_current_source ())) {
    self->timer = 0;
    self->ready = TRUE;
    schedule_calls (self);
  }
  return G_SOURCE_REMOVE;
}

void
readiness_set_later (Readiness *self, guint ms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->ready && self->timer == 0)
    self->timer = g_timeout_add (ms, on_timer, self);
}

gboolean
readiness_get (Readiness *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->ready;
}

guint
readiness_wait (Readiness *self, ReadyFunc func, gpointer user_data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->id = ++self->last_id;
  waiter->func = func;
  waiter->user_data = user_data;
  g_ptr_array_add (self->waiters, waiter);
  schedule_calls (self);
  return waiter->id;
}

void
readiness_cancel (Readiness *self, guint id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->waiters->len; i++) {
    if (((Waiter *)g_ptr_array_index (self->waiters, i))->id == id) {
      g_ptr_array_remove_index (self->waiters, i);
      return;
    }
  }
}
