/* Carries bytes between the client's TLS and the plain connection, both ways, until one of them ends. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns when it is over: TRUE where the plain side ended first, and all it said was sent. `plain` is non-blocking. */
gboolean pump_run (GIOStream *tls, int plain);

G_END_DECLS
