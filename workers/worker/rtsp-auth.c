#include "rtsp-auth.h"

#include <string.h>

/* In the order of strength. */
typedef enum
{
  SCHEME_NONE,
  SCHEME_BASIC,
  SCHEME_MD5,
  SCHEME_SHA256
} Scheme;

struct _RtspAuth
{
  char *user;
  char *password;

  Scheme scheme;
  gboolean is_session; /* of the algorithm: "-sess" */
  gboolean has_qop;
  char *algorithm; /* as the server spelt it; NULL: not given */
  char *realm;
  char *nonce;
  char *opaque;
  guint count; /* requests with this nonce */

  gboolean answered; /* with this nonce, and not accepted yet */
};

static void
forget_challenge (RtspAuth *self)
{
  self->scheme = SCHEME_NONE;
  self->is_session = FALSE;
  self->has_qop = FALSE;
  self->count = 0;
  g_clear_pointer (&self->algorithm, g_free);
  g_clear_pointer (&self->realm, g_free);
  g_clear_pointer (&self->nonce, g_free);
  g_clear_pointer (&self->opaque, g_free);
}

RtspAuth *
rtsp_auth_new (const char *user, const char *password)
{
  RtspAuth *self = g_new0 (RtspAuth, 1);

  self->user = g_strdup (user);
  self->password = g_strdup (password != NULL ? password : "");
  return self;
}

void
rtsp_auth_free (RtspAuth *self)
{
  forget_challenge (self);
  g_free (self->user);
  g_free (self->password);
  g_free (self);
}

static const char *
parameter (const GstRTSPAuthCredential *challenge, const char *name)
{
  for (GstRTSPAuthParam **param = challenge->params; param != NULL && *param != NULL; param++)
    if (g_ascii_strcasecmp ((*param)->name, name) == 0)
      return (*param)->value;
  return NULL;
}

static gboolean
offers_auth (const char *qop)
{
  g_auto (GStrv) offers = g_strsplit (qop, ",", -1);

  for (guint i = 0; offers[i] != NULL; i++)
    if (g_ascii_strcasecmp (g_strstrip (offers[i]), "auth") == 0)
      return TRUE;
  return FALSE;
}

static Scheme
digest_scheme (const GstRTSPAuthCredential *challenge, gboolean *is_session)
{
  const char *algorithm = parameter (challenge, "algorithm");
  const char *qop = parameter (challenge, "qop");

  if (parameter (challenge, "nonce") == NULL || (qop != NULL && !offers_auth (qop)))
    return SCHEME_NONE;
  *is_session = algorithm != NULL && strlen (algorithm) > 5
                && g_ascii_strcasecmp (algorithm + strlen (algorithm) - 5, "-sess") == 0;
  gsize length = algorithm != NULL ? strlen (algorithm) - (*is_session ? 5 : 0) : 0;
  if (algorithm == NULL || (length == 3 && g_ascii_strncasecmp (algorithm, "MD5", length) == 0))
    return SCHEME_MD5;
  if (length == 7 && g_ascii_strncasecmp (algorithm, "SHA-256", length) == 0)
    return SCHEME_SHA256;
  return SCHEME_NONE;
}

static Scheme
scheme_of (const GstRTSPAuthCredential *challenge, gboolean *is_session)
{
  *is_session = FALSE;
  switch (challenge->scheme) {
  case GST_RTSP_AUTH_DIGEST:
    return digest_scheme (challenge, is_session);
  case GST_RTSP_AUTH_BASIC:
    return SCHEME_BASIC;
  default:
    return SCHEME_NONE;
  }
}

static void
take_up (RtspAuth *self, const GstRTSPAuthCredential *challenge, Scheme scheme, gboolean is_session)
{
  forget_challenge (self);
  self->scheme = scheme;
  self->is_session = is_session;
  self->has_qop = parameter (challenge, "qop") != NULL;
  self->algorithm = g_strdup (parameter (challenge, "algorithm"));
  self->realm = g_strdup (parameter (challenge, "realm"));
  self->nonce = g_strdup (parameter (challenge, "nonce"));
  self->opaque = g_strdup (parameter (challenge, "opaque"));
}

gboolean
rtsp_auth_challenge (RtspAuth *self, const GstRTSPMessage *unauthorized)
{
  GstRTSPAuthCredential **challenges
      = gst_rtsp_message_parse_auth_credentials ((GstRTSPMessage *)unauthorized, GST_RTSP_HDR_WWW_AUTHENTICATE);
  gboolean is_stale = FALSE;

  forget_challenge (self);
  for (GstRTSPAuthCredential **challenge = challenges; challenge != NULL && *challenge != NULL; challenge++) {
    gboolean is_session = FALSE;
    Scheme scheme = scheme_of (*challenge, &is_session);
    const char *stale = parameter (*challenge, "stale");

    if (scheme <= self->scheme)
      continue;
    is_stale = stale != NULL && g_ascii_strcasecmp (stale, "true") == 0;
    take_up (self, *challenge, scheme, is_session);
  }
  if (challenges != NULL)
    gst_rtsp_auth_credentials_free (challenges);

  return self->user != NULL && self->scheme != SCHEME_NONE && (is_stale || !self->answered);
}

void
rtsp_auth_accepted (RtspAuth *self)
{
  self->answered = FALSE;
}

/* The hash of the parts, joined by colons. (transfer full) */
static char *
hash (RtspAuth *self, const char *const *parts)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (self->scheme == SCHEME_SHA256 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5);

  for (guint i = 0; parts[i] != NULL; i++) {
    if (i > 0)
      g_checksum_update (checksum, (const guchar *)":", 1);
    g_checksum_update (checksum, (const guchar *)parts[i], -1);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

#define HASH(self, ...) hash (self, (const char *const[]){ __VA_ARGS__, NULL })

/* A backslash goes before a quote and before itself. (transfer full) */
static char *
quoted (const char *text)
{
  GString *result = g_string_new ("\"");

  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      g_string_append_c (result, '\\');
    g_string_append_c (result, *text);
  }
  g_string_append_c (result, '"');
  return g_string_free (result, FALSE);
}

static void
append (GString *header, const char *name, const char *value)
{
  g_autofree char *text = quoted (value);

  g_string_append_printf (header, ", %s=%s", name, text);
}

static char *
digest (RtspAuth *self, const char *method, const char *uri)
{
  const char *realm = self->realm != NULL ? self->realm : "";
  g_autofree char *count = g_strdup_printf ("%08x", ++self->count);
  g_autofree char *cnonce = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  g_autofree char *secret = HASH (self, self->user, realm, self->password);
  if (self->is_session) {
    g_autofree char *account = g_steal_pointer (&secret);
    secret = HASH (self, account, self->nonce, cnonce);
  }
  g_autofree char *request = HASH (self, method, uri);
  g_autofree char *response = self->has_qop ? HASH (self, secret, self->nonce, count, cnonce, "auth", request)
                                            : HASH (self, secret, self->nonce, request);
  g_autofree char *user = quoted (self->user);
  GString *header = g_string_new (NULL);

  g_string_printf (header, "Digest username=%s", user);
  append (header, "realm", realm);
  append (header, "nonce", self->nonce);
  append (header, "uri", uri);
  append (header, "response", response);
  if (self->algorithm != NULL)
    g_string_append_printf (header, ", algorithm=%s", self->algorithm);
  if (self->opaque != NULL)
    append (header, "opaque", self->opaque);
  if (self->has_qop)
    g_string_append_printf (header, ", qop=auth, nc=%s", count);
  if (self->has_qop || self->is_session)
    append (header, "cnonce", cnonce);
  return g_string_free (header, FALSE);
}

static char *
basic (RtspAuth *self)
{
  g_autofree char *pair = g_strconcat (self->user, ":", self->password, NULL);
  g_autofree char *encoded = g_base64_encode ((const guchar *)pair, strlen (pair));

  return g_strconcat ("Basic ", encoded, NULL);
}

char *
rtsp_auth_header (RtspAuth *self, const char *method, const char *uri)
{
  if (self->user == NULL || self->scheme == SCHEME_NONE)
    return NULL;
  self->answered = TRUE;
  return self->scheme == SCHEME_BASIC ? basic (self) : digest (self, method, uri);
}
