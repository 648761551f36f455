/* What a mount asks of those who want to see it, and whether they have it: Basic, or Digest with MD5 or SHA-256 (RFC
 * 2617, RFC 7616; the latter is what the RTSP server's own library does not know). */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

#include "spec.h"

G_BEGIN_DECLS

typedef struct _Credentials Credentials;

/* Open to all where `user` is NULL. (transfer full) */
Credentials *credentials_new (const char *user, const char *password, AuthScheme scheme);

/* Others are accepted from now on. */
void credentials_change (Credentials *self, const char *user, const char *password);

/* Whether the request of `context` may pass. A nonce is good for one connection, or, if `nonce_once`, for one request.
 */
gboolean credentials_accept (Credentials *self, GstRTSPContext *context, gboolean nonce_once);

/* Asks for credentials in the response of `context`. */
void credentials_challenge (Credentials *self, GstRTSPContext *context);

G_END_DECLS
