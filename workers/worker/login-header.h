/* What a client says in `Authorization` (RFC 7617 and RFC 2069 or 7616), read without trusting a byte of it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LOGIN_SCHEME_BASIC,
  LOGIN_SCHEME_DIGEST
} LoginScheme;

typedef struct
{
  LoginScheme scheme;
  char *user;
  char *password; /* Basic only */

  /* Digest only; `algorithm` may be NULL. */
  char *nonce;
  char *uri;
  char *response;
  char *algorithm;
} LoginHeader;

/* NULL for anything else: another scheme, a member that is missing, doubled or not closed, a NUL, a header that is too
 * long. */
LoginHeader *login_header_parse (const char *value);
void login_header_free (LoginHeader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoginHeader, login_header_free)

G_END_DECLS
