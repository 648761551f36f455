/* Holds up those who guess passwords: from the tenth wrong one on an address has to wait, each time twice as long.
 * Counts by address (of IPv6 by /64, which one customer has), in a bounded table. For any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LoginGuard LoginGuard;

LoginGuard *login_guard_new (void);
void login_guard_free (LoginGuard *self);

/* How long the address still has to wait, in ms; 0: it may try. Times are those of g_get_monotonic_time(). */
guint login_guard_wait_ms (LoginGuard *self, const char *address, gint64 now_us);
/* A wrong password came from there: how long it has to wait now, in ms. */
guint login_guard_count (LoginGuard *self, const char *address, gint64 now_us);

G_END_DECLS
