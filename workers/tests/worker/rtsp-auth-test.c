/* Credentials: the answers that a server expects, the choice among challenges, and no try too many. */
#include "rtsp-auth.h"

#include <string.h>

#define URI "/dir/index.html"

static GstRTSPMessage *
unauthorized (const char *const *challenges)
{
  GstRTSPMessage *message = NULL;

  gst_rtsp_message_new_response (&message, GST_RTSP_STS_UNAUTHORIZED, "Unauthorized", NULL);
  for (; *challenges != NULL; challenges++)
    gst_rtsp_message_add_header (message, GST_RTSP_HDR_WWW_AUTHENTICATE, *challenges);
  return message;
}

#define CHALLENGES(...)                                                                                                \
  (const char *const[]) { __VA_ARGS__, NULL }

static gboolean
challenge (RtspAuth *auth, const char *const *challenges)
{
  g_autoptr (GstRTSPMessage) message = unauthorized (challenges);

  return rtsp_auth_challenge (auth, message);
}

/* The header that the first request gets, NULL when it is not worth sending. */
static char *
answer (const char *user, const char *password, const char *const *challenges)
{
  g_autoptr (RtspAuth) auth = rtsp_auth_new (user, password);

  return challenge (auth, challenges) ? rtsp_auth_header (auth, "GET", URI) : NULL;
}

static void
test_basic (void)
{
  g_autofree char *header = answer ("Aladdin", "open sesame", CHALLENGES ("Basic realm=\"x\""));

  g_assert_cmpstr (header, ==, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

/* RFC 2069's way, which most cameras have. */
static void
test_digest_without_qop (void)
{
  g_autofree char *header
      = answer ("Mufasa", "CircleOfLife", CHALLENGES ("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd\""));

  g_assert_cmpstr (header, ==,
                   "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd\", uri=\"" URI
                   "\", response=\"75c3b87e33d32f7d7569f7a3cd31a854\"");
}

static char *
value_of (const char *header, const char *name)
{
  g_autofree char *pattern = g_strdup_printf ("[ ,]%s=\"?([^\",]*)", name);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, header, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

static char *
hash (GChecksumType type, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return g_compute_checksum_for_string (type, text, -1);
}

/* As a server checks it. */
static void
assert_qop_answer (const char *header, GChecksumType type, gboolean is_session)
{
  g_autofree char *nonce = value_of (header, "nonce");
  g_autofree char *cnonce = value_of (header, "cnonce");
  g_autofree char *count = value_of (header, "nc");
  g_autofree char *response = value_of (header, "response");
  g_autofree char *account = hash (type, "u:r:p\"w");
  g_autofree char *session = hash (type, "%s:%s:%s", account, nonce, cnonce);
  g_autofree char *request = hash (type, "GET:" URI);
  g_autofree char *expected
      = hash (type, "%s:%s:%s:%s:auth:%s", is_session ? session : account, nonce, count, cnonce, request);

  g_assert_cmpstr (response, ==, expected);
}

static void
test_digest_with_qop (void)
{
  g_autofree char *md5 = answer ("u", "p\"w", CHALLENGES ("Digest realm=\"r\", nonce=\"n,1\", qop=\"auth,auth-int\""));
  g_autofree char *sha = answer (
      "u", "p\"w", CHALLENGES ("Digest realm=\"r\", nonce=\"n2\", qop=auth, algorithm=SHA-256, opaque=\"o\\\"p\""));
  g_autofree char *session
      = answer ("u", "p\"w", CHALLENGES ("Digest realm=\"r\",nonce=\"n3\",qop=\"auth\",algorithm=MD5-sess"));

  assert_qop_answer (sha, G_CHECKSUM_SHA256, FALSE);
  g_assert_nonnull (strstr (sha, "algorithm=SHA-256"));
  g_assert_nonnull (strstr (sha, "opaque=\"o\\\"p\""));
  g_assert_nonnull (strstr (sha, "nc=00000001"));
  assert_qop_answer (session, G_CHECKSUM_MD5, TRUE);
  g_assert_nonnull (strstr (md5, "nonce=\"n,1\""));
}

static void
test_sha256_without_qop (void)
{
  g_autofree char *header = answer ("u", "p", CHALLENGES ("Digest realm=\"r\", nonce=\"n\", algorithm=\"SHA-256\""));
  g_autofree char *account = hash (G_CHECKSUM_SHA256, "u:r:p");
  g_autofree char *request = hash (G_CHECKSUM_SHA256, "GET:" URI);
  g_autofree char *expected = hash (G_CHECKSUM_SHA256, "%s:n:%s", account, request);
  g_autofree char *response = value_of (header, "response");

  g_assert_cmpstr (response, ==, expected);
}

static void
test_the_strongest (void)
{
  g_autofree char *sha = answer ("u", "p",
                                 CHALLENGES ("Basic realm=\"r\"", "Digest realm=\"r\", nonce=\"a\", algorithm=MD5",
                                             "Digest realm=\"r\", nonce=\"b\", algorithm=SHA-256",
                                             "Digest realm=\"r\", nonce=\"c\", algorithm=SHA-512-256"));
  g_autofree char *one_header
      = answer ("u", "p", CHALLENGES ("Basic realm=\"r\", Digest realm=\"r\", nonce=\"a\", algorithm=MD5"));

  g_assert_nonnull (strstr (sha, "nonce=\"b\""));
  g_assert_nonnull (strstr (one_header, "nonce=\"a\""));
}

static void
test_what_cannot_be_answered (void)
{
  g_assert_null (answer (NULL, NULL, CHALLENGES ("Basic realm=\"r\"")));
  g_assert_null (answer ("u", "p", CHALLENGES ("Digest realm=\"r\", nonce=\"c\", algorithm=SHA-512-256")));
  g_assert_null (answer ("u", "p", CHALLENGES ("Digest realm=\"r\", nonce=\"c\", qop=\"auth-int\"")));
  g_assert_null (answer ("u", "p", CHALLENGES ("Digest realm=\"r\"")));
  g_assert_null (answer ("u", "p", CHALLENGES ("Negotiate")));
}

static gboolean
send_request (RtspAuth *auth)
{
  g_autofree char *header = rtsp_auth_header (auth, "GET", URI);

  return header != NULL;
}

/* Cameras lock accounts: refused credentials are not tried again, a nonce that has become too old is no refusal. */
static void
test_refused_once (void)
{
  g_autoptr (RtspAuth) auth = rtsp_auth_new ("u", "p");

  g_assert_true (challenge (auth, CHALLENGES ("Digest realm=\"r\", nonce=\"1\"")));
  g_assert_true (send_request (auth));
  g_assert_true (challenge (auth, CHALLENGES ("Digest realm=\"r\", nonce=\"2\", stale=TRUE")));
  g_assert_true (send_request (auth));
  g_assert_false (challenge (auth, CHALLENGES ("Digest realm=\"r\", nonce=\"3\"")));
}

static void
test_asked_again_after_success (void)
{
  g_autoptr (RtspAuth) auth = rtsp_auth_new ("u", "p");

  g_assert_true (challenge (auth, CHALLENGES ("Digest realm=\"r\", nonce=\"1\"")));
  g_assert_true (send_request (auth));
  rtsp_auth_accepted (auth);
  g_assert_true (send_request (auth));
  rtsp_auth_accepted (auth);
  g_assert_true (challenge (auth, CHALLENGES ("Digest realm=\"r\", nonce=\"2\"")));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtsp-auth/basic", test_basic);
  g_test_add_func ("/rtsp-auth/digest-without-qop", test_digest_without_qop);
  g_test_add_func ("/rtsp-auth/digest-with-qop", test_digest_with_qop);
  g_test_add_func ("/rtsp-auth/sha256-without-qop", test_sha256_without_qop);
  g_test_add_func ("/rtsp-auth/the-strongest", test_the_strongest);
  g_test_add_func ("/rtsp-auth/what-cannot-be-answered", test_what_cannot_be_answered);
  g_test_add_func ("/rtsp-auth/refused-once", test_refused_once);
  g_test_add_func ("/rtsp-auth/asked-again-after-success", test_asked_again_after_success);
  return g_test_run ();
}
