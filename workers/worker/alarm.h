/* A timer that other threads put off all the time without waking the one that waits for it: a timerfd, which goes off
 * only when it was not put off. Setting is thread safe. */
#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct
{
  int fd; /* readable when it has gone off */
  _Atomic gint64 due_us;
} Alarm;

void alarm_open (Alarm *self);
void alarm_close (Alarm *self);

/* Goes off at this monotonic time, at once if that is past; 0: never. */
void alarm_set (Alarm *self, gint64 due_us);

/* Goes off no later than `after_us` from now, and no sooner than half of that; cheap when called often. */
void alarm_put_off (Alarm *self, gint64 now_us, gint64 after_us);

/* Makes the descriptor unreadable again; tells when it was due. FALSE when it was put off meanwhile. */
gboolean alarm_take (Alarm *self, gint64 *due_us);

G_END_DECLS
