#include "arrivals.h"
#include "rhythm.h"

/* How many frames pass before the limit is adjusted to their rhythm. */
#define ADJUST_EVERY 8

typedef struct
{
  _Atomic gint64 last_us;
  _Atomic guint64 packets_life; /* in which data was noted ahead of frames */
  _Atomic int cause;            /* AlarmCause */
  _Atomic gint64 limit_us;
  Alarm alarm;
  /* Under the lock. */
  SilenceLimit limit;
  gint64 last_frame_us;
  guint frames;
  Rhythm rhythm;
} Slot;

struct _Arrivals
{
  _Atomic guint64 life;
  GMutex lock;
  Slot slots[ARRIVALS_MAX_TRACKS];
};

Arrivals *
arrivals_new (void)
{
  Arrivals *self = g_new0 (Arrivals, 1);

  g_mutex_init (&self->lock);
  for (guint i = 0; i < ARRIVALS_MAX_TRACKS; i++)
    self->slots[i].alarm.fd = -1;
  return self;
}

void
arrivals_free (Arrivals *self)
{
  for (guint i = 0; i < ARRIVALS_MAX_TRACKS; i++)
    if (self->slots[i].alarm.fd >= 0)
      alarm_close (&self->slots[i].alarm);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
arrivals_begin_life (Arrivals *self, guint64 life)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  atomic_store (&self->life, life);
  for (guint i = 0; i < ARRIVALS_MAX_TRACKS; i++) {
    Slot *slot = &self->slots[i];
    atomic_store (&slot->cause, ALARM_OFF);
    atomic_store (&slot->last_us, 0);
    slot->last_frame_us = 0;
    slot->frames = 0;
    slot->rhythm = (Rhythm){ 0 };
    if (slot->alarm.fd >= 0)
      alarm_set (&slot->alarm, 0);
  }
}

guint64
arrivals_life (Arrivals *self)
{
  return atomic_load (&self->life);
}

static void
alarm_for (Slot *slot, AlarmCause came, gint64 now_us)
{
  int cause = atomic_load (&slot->cause);

  if (cause == ALARM_AT_SILENCE && came == ALARM_AT_DATA)
    alarm_put_off (&slot->alarm, now_us, atomic_load (&slot->limit_us));
  else if (cause == (int)came && atomic_compare_exchange_strong (&slot->cause, &cause, ALARM_OFF))
    alarm_set (&slot->alarm, now_us);
}

void
arrivals_note (Arrivals *self, guint64 life, guint track)
{
  if (track >= ARRIVALS_MAX_TRACKS || life != atomic_load (&self->life))
    return;
  Slot *slot = &self->slots[track];
  gint64 now = g_get_monotonic_time ();
  atomic_store (&slot->last_us, now);
  atomic_store (&slot->packets_life, life);
  alarm_for (slot, ALARM_AT_DATA, now);
}

/* With the lock held. */
static gint64
limit_of (const Slot *slot)
{
  return MAX (slot->limit.least_us, slot->limit.intervals * rhythm_interval_us (&slot->rhythm));
}

void
arrivals_note_frame (Arrivals *self, guint64 life, guint track, gint64 now_us)
{
  if (track >= ARRIVALS_MAX_TRACKS || life != atomic_load (&self->life))
    return;
  Slot *slot = &self->slots[track];
  g_mutex_lock (&self->lock);
  slot->last_frame_us = now_us;
  rhythm_note (&slot->rhythm, now_us);
  if (++slot->frames % ADJUST_EVERY == 0)
    atomic_store (&slot->limit_us, limit_of (slot));
  g_mutex_unlock (&self->lock);
  if (atomic_load (&slot->packets_life) != life) {
    atomic_store (&slot->last_us, now_us);
    alarm_for (slot, ALARM_AT_DATA, now_us);
  }
  alarm_for (slot, ALARM_AT_FRAME, now_us);
}

gboolean
arrivals_get (Arrivals *self, guint track, Arrival *arrival)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (track >= ARRIVALS_MAX_TRACKS || self->slots[track].last_frame_us == 0)
    return FALSE;
  Slot *slot = &self->slots[track];
  arrival->packets = atomic_load (&slot->packets_life) == atomic_load (&self->life);
  arrival->last_us = MAX (atomic_load (&slot->last_us), arrival->packets ? 0 : slot->last_frame_us);
  arrival->last_frame_us = slot->last_frame_us;
  arrival->interval_us = rhythm_interval_us (&slot->rhythm);
  arrival->limit_us = limit_of (slot);
  return TRUE;
}

void
arrivals_set_limit (Arrivals *self, guint track, const SilenceLimit *limit)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Slot *slot = &self->slots[track];

  slot->limit = *limit;
  atomic_store (&slot->limit_us, limit_of (slot));
}

void
arrivals_set_alarm (Arrivals *self, guint track, AlarmCause cause)
{
  atomic_store (&self->slots[track].cause, cause);
}

Alarm *
arrivals_alarm (Arrivals *self, guint track)
{
  Alarm *alarm = &self->slots[track].alarm;

  if (alarm->fd < 0)
    alarm_open (alarm);
  return alarm;
}
