#include "login-check.h"
#include "login-header.h"

#include <string.h>

/* Of no user: an unknown name takes as long as a known one. */
#define NO_SECRET "00000000000000000000000000000000"

/* The digest of the parts, joined by colons. (transfer full) */
static char *
md5 (const char *const *parts)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_MD5);

  for (guint i = 0; parts[i] != NULL; i++) {
    if (i > 0)
      g_checksum_update (checksum, (const guchar *)":", 1);
    g_checksum_update (checksum, (const guchar *)parts[i], -1);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

#define MD5(...) md5 ((const char *const[]){ __VA_ARGS__, NULL })

/* Of hex digits; how long it takes says nothing of where they differ. */
static gboolean
is_same (const char *expected, const char *given)
{
  gsize length = strlen (expected);
  guint different = 0;

  if (strlen (given) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    different |= (guint)(expected[i] ^ g_ascii_tolower (given[i]));
  return different == 0;
}

static gboolean
fits_digest (const LoginHeader *header, const LoginRequest *request, const char *secret)
{
  g_autofree char *target = MD5 (request->method, header->uri);
  g_autofree char *expected = MD5 (secret, header->nonce, target);

  return is_same (expected, header->response);
}

static gboolean
fits_basic (const LoginHeader *header, const char *secret)
{
  g_autofree char *given = MD5 (header->user, ACCESS_REALM, header->password);

  return is_same (secret, given);
}

/* What was not asked for is not looked at: it would tell a listener the password, or whether it is right. */
static gboolean
counts (const LoginHeader *header, const LoginRequest *request)
{
  if (header->scheme == LOGIN_SCHEME_BASIC)
    return request->is_secure;
  return header->algorithm == NULL || g_ascii_strcasecmp (header->algorithm, "MD5") == 0;
}

LoginVerdict
login_check (const Access *access, const LoginRequest *request, Login **login)
{
  g_autoptr (LoginHeader) header = request->authorization != NULL ? login_header_parse (request->authorization) : NULL;

  *login = NULL;
  if (header == NULL || !counts (header, request))
    return LOGIN_MISSING;
  const char *known = access_secret (access, header->user);
  const char *secret = known != NULL ? known : NO_SECRET;
  gboolean is_digest = header->scheme == LOGIN_SCHEME_DIGEST;
  gboolean fits = is_digest ? fits_digest (header, request, secret) : fits_basic (header, secret);

  *login = login_new (header->user, secret);
  if (known == NULL)
    return LOGIN_UNKNOWN_USER;
  if (!fits)
    return LOGIN_WRONG_PASSWORD;
  if (is_digest && g_strcmp0 (header->nonce, request->nonce) != 0)
    return LOGIN_STALE;
  return access_is_viewer (access, header->user) ? LOGIN_ACCEPTED : LOGIN_NOT_A_VIEWER;
}
