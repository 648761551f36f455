/* The credentials of one RTSP connection: answers what the server asks for with `WWW-Authenticate`. Digest (RFC 7616:
 * MD5, SHA-256 and their session variants, with qop "auth" or without) and Basic; of several the strongest. */
#pragma once

#include "rtsp-message.h"

G_BEGIN_DECLS

typedef struct _RtspAuth RtspAuth;

/* `user` NULL: there are no credentials. */
RtspAuth *rtsp_auth_new (const char *user, const char *password);
void rtsp_auth_free (RtspAuth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtspAuth, rtsp_auth_free)

/* Takes up the challenges of a 401. TRUE if the request is worth sending again: they were not answered yet, or the
 * server says that only its nonce was too old. A second try with refused credentials could lock the account. */
gboolean rtsp_auth_challenge (RtspAuth *self, const GstRTSPMessage *unauthorized);

/* The server took a request. */
void rtsp_auth_accepted (RtspAuth *self);

/* The value of `Authorization` for the next request (transfer full); NULL as long as none was asked for. */
char *rtsp_auth_header (RtspAuth *self, const char *method, const char *uri);

G_END_DECLS
