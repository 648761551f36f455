/* What the supervisor wants of the router: spec.json in the working directory (docs/worker-protocol.md, The router). */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SPEC_FILE "spec.json"

typedef struct
{
  guint connections; /* at workers, all together; two for a viewer through HTTP */
  guint connections_per_address;
  guint viewers; /* all together */
} SpecLimits;

typedef struct
{
  char **listen;     /* "127.0.0.1:8554", "[::1]:8554"; NULL-terminated */
  char **tls_listen; /* the same for TLS; its certificate is in TLS_FILE */
  SpecLimits limits;
  GPtrArray *allow;   /* GInetAddressMask; empty: everyone */
  GPtrArray *deny;    /* GInetAddressMask; counts more */
  GHashTable *mounts; /* mount without trailing slashes -> bundle */
  GHashTable *away;   /* mount -> the sentence that says why nothing is there */
} Spec;

/* One that leads nowhere. */
Spec *spec_new (void);
/* (transfer full), or NULL and `error` where the file cannot be read or something in it is not valid. Members that are
 * left out have their defaults. */
Spec *spec_read (GError **error);
void spec_free (Spec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Spec, spec_free)

/* Whether a client from `address` ("192.168.1.20", "2001:db8::1") may come in. */
gboolean spec_admits (const Spec *self, const char *address);

G_END_DECLS
