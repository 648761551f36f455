#include "alarm.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void
alarm_open (Alarm *self)
{
  self->fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0)
    g_error ("timerfd_create: %m");
  atomic_init (&self->due_us, 0);
}

void
alarm_close (Alarm *self)
{
  close (self->fd);
}

void
alarm_set (Alarm *self, gint64 due_us)
{
  const struct itimerspec when
      = { .it_value = { .tv_sec = due_us / G_USEC_PER_SEC, .tv_nsec = due_us % G_USEC_PER_SEC * 1000 } };

  atomic_store (&self->due_us, due_us);
  timerfd_settime (self->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void
alarm_put_off (Alarm *self, gint64 now_us, gint64 after_us)
{
  gint64 left_us = atomic_load (&self->due_us) - now_us;

  if (left_us < after_us / 2 || left_us > after_us)
    alarm_set (self, now_us + after_us);
}

gboolean
alarm_take (Alarm *self, gint64 *due_us)
{
  guint64 times = 0;

  *due_us = atomic_load (&self->due_us);
  return read (self->fd, &times, sizeof times) == sizeof times;
}
