#include "credentials.h"

#define REALM "dslrs-camera"
#define CLIENT_NONCE "dslrs-nonce"

struct _Credentials
{
  GMutex lock; /* guards user and password */
  char *user;
  char *password;
  AuthScheme scheme;
};

Credentials *
credentials_new (const char *user, const char *password, AuthScheme scheme)
{
  Credentials *self = g_new0 (Credentials, 1);

  g_mutex_init (&self->lock);
  self->user = g_strdup (user);
  self->password = g_strdup (password);
  self->scheme = scheme;
  return self;
}

void
credentials_change (Credentials *self, const char *user, const char *password)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_free (self->user);
  g_free (self->password);
  self->user = g_strdup (user);
  self->password = g_strdup (password);
}

static const char *
parameter (const GstRTSPAuthCredential *credential, const char *name)
{
  for (GstRTSPAuthParam **param = credential->params; param != NULL && *param != NULL; param++)
    if (g_ascii_strcasecmp ((*param)->name, name) == 0)
      return (*param)->value;
  return "";
}

static char *
hash (Credentials *self, const char *first, ...)
{
  GChecksumType type = self->scheme == AUTH_DIGEST_SHA256 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5;
  g_autoptr (GString) text = g_string_new (first);
  const char *part;
  va_list parts;

  va_start (parts, first);
  while ((part = va_arg (parts, const char *)) != NULL)
    g_string_append_printf (text, ":%s", part);
  va_end (parts);
  return g_compute_checksum_for_string (type, text->str, -1);
}

static gboolean
is_basic_right (Credentials *self, const GstRTSPAuthCredential *credential)
{
  g_autofree char *expected = gst_rtsp_auth_make_basic (self->user, self->password);

  return g_strcmp0 (credential->authorization, expected) == 0;
}

static gboolean
is_digest_right (Credentials *self, const GstRTSPAuthCredential *credential, GstRTSPMethod method)
{
  const char *nonce = parameter (credential, "nonce");
  const char *qop = parameter (credential, "qop");
  g_autofree char *secret = hash (self, self->user, REALM, self->password, NULL);
  g_autofree char *request = hash (self, gst_rtsp_method_as_text (method), parameter (credential, "uri"), NULL);
  g_autofree char *expected = *qop == '\0' ? hash (self, secret, nonce, request, NULL)
                                           : hash (self, secret, nonce, parameter (credential, "nc"),
                                                   parameter (credential, "cnonce"), qop, request, NULL);

  return g_str_equal (parameter (credential, "username"), self->user)
         && g_ascii_strcasecmp (parameter (credential, "response"), expected) == 0;
}

static gboolean
is_algorithm_right (Credentials *self, const GstRTSPAuthCredential *credential)
{
  const char *algorithm = parameter (credential, "algorithm");

  if (self->scheme == AUTH_DIGEST_SHA256)
    return g_ascii_strcasecmp (algorithm, "SHA-256") == 0;
  return *algorithm == '\0' || g_ascii_strcasecmp (algorithm, "MD5") == 0;
}

static gboolean
is_right (Credentials *self, const GstRTSPAuthCredential *credential, GstRTSPContext *context)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->scheme == AUTH_BASIC)
    return credential->scheme == GST_RTSP_AUTH_BASIC && is_basic_right (self, credential);
  return credential->scheme == GST_RTSP_AUTH_DIGEST && is_algorithm_right (self, credential)
         && g_str_equal (parameter (credential, "realm"), REALM) && is_digest_right (self, credential, context->method);
}

static gboolean
is_nonce_known (GstRTSPContext *context, const GstRTSPAuthCredential *credential)
{
  const char *nonce = g_object_get_data (G_OBJECT (context->client), CLIENT_NONCE);

  return nonce != NULL && g_str_equal (parameter (credential, "nonce"), nonce);
}

static gboolean
is_open (Credentials *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->user == NULL;
}

/* The first of the request that is right, or NULL. */
static const GstRTSPAuthCredential *
find_right (Credentials *self, GstRTSPAuthCredential **credentials, GstRTSPContext *context)
{
  for (; credentials != NULL && *credentials != NULL; credentials++)
    if (is_right (self, *credentials, context))
      return *credentials;
  return NULL;
}

gboolean
credentials_accept (Credentials *self, GstRTSPContext *context, gboolean nonce_once)
{
  GstRTSPAuthCredential **sent;
  const GstRTSPAuthCredential *right;
  gboolean accepted;

  if (is_open (self))
    return TRUE;
  sent = gst_rtsp_message_parse_auth_credentials (context->request, GST_RTSP_HDR_AUTHORIZATION);
  right = find_right (self, sent, context);
  accepted = right != NULL && (self->scheme == AUTH_BASIC || is_nonce_known (context, right));
  if (accepted && nonce_once)
    g_object_set_data (G_OBJECT (context->client), CLIENT_NONCE, NULL);
  gst_rtsp_auth_credentials_free (sent);
  return accepted;
}

/* The credentials are right and only the nonce is not: the client is to try again without asking anybody. */
static gboolean
is_only_stale (Credentials *self, GstRTSPContext *context)
{
  GstRTSPAuthCredential **sent = gst_rtsp_message_parse_auth_credentials (context->request, GST_RTSP_HDR_AUTHORIZATION);
  const GstRTSPAuthCredential *right = is_open (self) ? NULL : find_right (self, sent, context);
  gboolean stale = right != NULL && !is_nonce_known (context, right);

  gst_rtsp_auth_credentials_free (sent);
  return stale;
}

static char *
nonce_new (void)
{
  return g_strdup_printf ("%08x%08x%08x%08x", g_random_int (), g_random_int (), g_random_int (), g_random_int ());
}

void
credentials_challenge (Credentials *self, GstRTSPContext *context)
{
  g_autofree char *nonce = nonce_new ();
  g_autofree char *challenge = NULL;

  if (self->scheme == AUTH_BASIC) {
    challenge = g_strdup ("Basic realm=\"" REALM "\"");
  } else {
    challenge = g_strdup_printf ("Digest realm=\"" REALM "\", nonce=\"%s\", algorithm=%s%s", nonce,
                                 self->scheme == AUTH_DIGEST_SHA256 ? "SHA-256" : "MD5",
                                 is_only_stale (self, context) ? ", stale=true" : "");
    g_object_set_data_full (G_OBJECT (context->client), CLIENT_NONCE, g_steal_pointer (&nonce), g_free);
  }
  gst_rtsp_message_add_header (context->response, GST_RTSP_HDR_WWW_AUTHENTICATE, challenge);
}
