/* A relay before a camera: what it sees is when each frame was sent to whoever came through it. */
#pragma once

#include "crowd.h"

G_BEGIN_DECLS

typedef struct _Relay Relay;

/* `url`: of the camera; only its address counts. */
Relay *relay_new (const char *name, const char *url, int epoll, GError **error);
void relay_free (Relay *self);

/* Where it listens, on the loopback. */
guint16 relay_port (const Relay *self);

/* As of a group, with a viewer for each connection that was relayed: (transfer full). */
JsonNode *relay_report (const Relay *self);

G_END_DECLS
