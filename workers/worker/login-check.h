/* Whether the credentials of a request let it in: Digest with MD5, and Basic where nobody can listen. */
#pragma once

#include "access.h"

G_BEGIN_DECLS

typedef enum
{
  LOGIN_ACCEPTED,
  LOGIN_MISSING, /* none, or none that counts: the client is to be asked */
  LOGIN_STALE,   /* they are right, but for a nonce that does not hold any more */
  LOGIN_WRONG_PASSWORD,
  LOGIN_UNKNOWN_USER,
  LOGIN_NOT_A_VIEWER /* they are right, but this is not for that user to watch */
} LoginVerdict;

typedef struct
{
  const char *method;
  const char *authorization; /* or NULL */
  const char *nonce;         /* that holds on this connection, or NULL */
  gboolean is_secure;        /* nobody can listen */
} LoginRequest;

/* `login`: with LOGIN_ACCEPTED who it is, else with at least the name that was given, or NULL (transfer full). */
LoginVerdict login_check (const Access *access, const LoginRequest *request, Login **login);

G_END_DECLS
