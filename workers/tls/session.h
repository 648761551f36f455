/* The TLS of one client, from the handshake to the end of either side. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  SESSION_OVER = 0,
  SESSION_NO_HANDSHAKE = 1,
  SESSION_NO_CERTIFICATE = 3 /* TLS_FILE cannot be used */
} SessionEnd;

/* Certificate, chain and key, in PEM, in the working directory. */
#define SESSION_CERTIFICATE "tls.pem"

/* Loads what every session needs, so that it is there before a fork. */
void session_prepare (void);

/* `client` speaks TLS, `plain` is the other side in the clear; the process is the session's alone, and may end in it.
 */
SessionEnd session_run (int client, int plain);

G_END_DECLS
