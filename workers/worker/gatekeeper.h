/* Asks every request of the worker's RTSP server for credentials where the mount it is for has an `access`: before
 * gst-rtsp-server does anything with it. What GstRTSPAuth lacks is in docs/decisions/0016. */
#pragma once

#include "access.h"
#include "reporter.h"

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

G_DECLARE_FINAL_TYPE (Gatekeeper, gatekeeper, GATE, KEEPER, GstRTSPAuth)

Gatekeeper *gatekeeper_new (Reporter *reporter);
/* The reporter is not used after this. */
void gatekeeper_silence (Gatekeeper *self);
/* A wrong password came from `address`, to another worker: it counts here too. */
void gatekeeper_count_guess (Gatekeeper *self, const char *address);

/* To be called for every new client. `is_secure`: its connection is encrypted, so that passwords may travel on it. */
void gatekeeper_attend (GstRTSPClient *client, gboolean is_secure);

/* As whom `client` was let in last, or NULL (transfer full). On any thread. */
Login *gatekeeper_login_of (GstRTSPClient *client);

G_END_DECLS
