/* Whether something is ready, and who waits for it. Thread safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Readiness Readiness;

typedef void (*ReadyFunc) (gpointer user_data);

Readiness *readiness_new (void);
void readiness_free (Readiness *self);

void readiness_set (Readiness *self, gboolean ready);
/* It becomes ready after so long, unless readiness_set() says something before. No effect while that is under way. */
void readiness_set_later (Readiness *self, guint ms);
gboolean readiness_get (Readiness *self);

/* `func` is called once, on the main context, when it is ready or at once if it is. The id is never 0. */
guint readiness_wait (Readiness *self, ReadyFunc func, gpointer user_data);
/* Main thread only; `func` is not called from here on. */
void readiness_cancel (Readiness *self, guint id);

G_END_DECLS
