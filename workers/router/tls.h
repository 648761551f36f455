/* Clients that speak TLS: each gets a process of its own that does nothing else (workers/tls), and the router goes on
 * with what that process says in the clear. The processes outlive the router. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Tls Tls;

/* `program` is the path of dslrs-tls. */
Tls *tls_new (const char *program);
/* The processes go on. */
void tls_free (Tls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tls, tls_free)

/* Starts dslrs-tls, so that the first client need not wait for it. FALSE with errno set. */
gboolean tls_prepare (Tls *self);

/* Starts a process for the connected `client`, which is closed here in any case: (transfer full); not where about
 * `most` live. Returns the other side of it, a connected TCP socket: (transfer full), or -1 with errno set. */
int tls_start (Tls *self, int client, guint most);

G_END_DECLS
