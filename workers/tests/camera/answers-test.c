/* The answers of a camera that misbehaves, and whom it lets in. */
#include "camera-rig.h"
#include "rtsp.h"

#include "rig.h"

#include <string.h>

static void
test_refuse (CameraRig *rig, gconstpointer data)
{
  static const int statuses[] = { 401, 403, 404, 453, 454, 461, 500, 503, 551 };
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++) {
    g_autofree char *order = g_strdup_printf ("{\"type\":\"refuse\",\"mount\":\"/other\",\"status\":%d}", statuses[i]);
    Rtsp client;
    camera_order (rig, order);
    rtsp_open (&client, rig->port, "/other");
    g_assert_cmpint (rtsp_status (&client, "OPTIONS", NULL), ==, 200);
    g_assert_cmpint (rtsp_play (&client, 1), ==, statuses[i]);
    rtsp_close (&client);
  }
  rtsp_take (&playing, 0, 20);
  camera_order (rig, "{\"type\":\"behave\"}");
  g_assert_cmpint (rtsp_status (&playing, "DESCRIBE", NULL), ==, 200);
  rtsp_close (&playing);
}

static void
test_refuse_method (CameraRig *rig, gconstpointer data)
{
  Rtsp client;
  rtsp_open (&client, rig->port, "/other");
  camera_order (rig, "{\"type\":\"refuse\",\"mount\":\"/other\",\"status\":461,\"method\":\"SETUP\"}");
  g_assert_cmpint (rtsp_status (&client, "DESCRIBE", NULL), ==, 200);
  g_assert_cmpint (rtsp_set_up (&client, 1), ==, 461);
  camera_order (rig, "{\"type\":\"refuse\",\"mount\":\"/other\",\"status\":454,\"method\":\"PLAY\"}");
  g_assert_cmpint (rtsp_set_up (&client, 1), ==, 200);
  g_assert_cmpint (rtsp_status (&client, "PLAY", NULL), ==, 454);
  rtsp_close (&client);
}

static void
test_reset_on (CameraRig *rig, gconstpointer data)
{
  Rtsp client;
  camera_order (rig, "{\"type\":\"resetOn\",\"mount\":\"/other\",\"method\":\"PLAY\"}");
  rtsp_open (&client, rig->port, "/other");
  g_assert_cmpint (rtsp_status (&client, "DESCRIBE", NULL), ==, 200);
  g_assert_cmpint (rtsp_set_up (&client, 1), ==, 200);
  rtsp_send (&client, "PLAY", NULL);
  g_assert_true (rtsp_ends_with_reset (&client));
  rtsp_close (&client);
}

static void
test_descriptions (CameraRig *rig, gconstpointer data)
{
  Rtsp client;
  rtsp_open (&client, rig->port, "/other");
  g_autofree char *whole = rtsp_ask (&client, "DESCRIBE", NULL);
  camera_order (rig, "{\"type\":\"truncateSdp\",\"mount\":\"/other\"}");
  g_autofree char *truncated = rtsp_ask (&client, "DESCRIBE", NULL);
  camera_order (rig, "{\"type\":\"badSdp\",\"mount\":\"/other\"}");
  g_autofree char *bad = rtsp_ask (&client, "DESCRIBE", NULL);
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/other\"}");
  g_autofree char *again = rtsp_ask (&client, "DESCRIBE", NULL);
  const char *sdp = strstr (whole, "\r\n\r\n"), *half = strstr (truncated, "\r\n\r\n");
  g_assert_true (g_str_has_prefix (half, "\r\n\r\nv=0"));
  g_assert_cmpint (strlen (half), <, strlen (sdp) * 3 / 4);
  g_assert_null (strstr (bad, "v=0"));
  g_assert_cmpint (strlen (strstr (again, "\r\n\r\n")), >, strlen (sdp) * 3 / 4);
  rtsp_close (&client);
}

/* Between `name="` and the next quote, or the value up to the end of the line. (transfer full) */
static char *
value_of (const char *answer, const char *name)
{
  const char *found = strstr (answer, name);
  g_assert_nonnull (found);
  found += strlen (name);
  return g_strndup (found, strcspn (found, "\","));
}

/* Answers a challenge as RFC 2617 without qop; DESCRIBE. (transfer full) */
static char *
digest (Rtsp *client, GChecksumType type, const char *nonce, const char *user, const char *password)
{
  g_autofree char *uri = g_strdup_printf ("rtsp://127.0.0.1:%u%s", client->port, client->path);
  g_autofree char *a1 = g_strdup_printf ("%s:dslrs-camera:%s", user, password);
  g_autofree char *a2 = g_strdup_printf ("DESCRIBE:%s", uri);
  g_autofree char *secret = g_compute_checksum_for_string (type, a1, -1);
  g_autofree char *request = g_compute_checksum_for_string (type, a2, -1);
  g_autofree char *text = g_strdup_printf ("%s:%s:%s", secret, nonce, request);
  g_autofree char *response = g_compute_checksum_for_string (type, text, -1);
  g_autofree char *header
      = g_strdup_printf ("Authorization: Digest username=\"%s\", realm=\"dslrs-camera\", nonce=\"%s\", uri=\"%s\", "
                         "algorithm=%s, response=\"%s\"\r\n",
                         user, nonce, uri, type == G_CHECKSUM_MD5 ? "MD5" : "SHA-256", response);
  return rtsp_ask (client, "DESCRIBE", header);
}

/* Asks without credentials for a nonce. (transfer full) */
static char *
ask_nonce (Rtsp *client, const char *challenge)
{
  g_autofree char *answer = rtsp_ask (client, "DESCRIBE", NULL);
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 401"));
  g_assert_nonnull (strstr (answer, challenge));
  return value_of (answer, "nonce=\"");
}

static void
assert_status (char *answer, int status)
{
  g_assert_cmpint (atoi (answer + strlen ("RTSP/1.0 ")), ==, status);
  g_free (answer);
}

static void
assert_digest (CameraRig *rig, const char *path, GChecksumType type, const char *challenge)
{
  GChecksumType other = type == G_CHECKSUM_MD5 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5;
  Rtsp client;
  rtsp_open (&client, rig->port, path);
  g_autofree char *nonce = ask_nonce (&client, challenge);
  assert_status (digest (&client, type, nonce, "u", "p"), 200);
  assert_status (digest (&client, type, nonce, "u", "p"), 200);
  assert_status (digest (&client, type, nonce, "u", "x"), 401);
  g_autofree char *fresh = ask_nonce (&client, challenge);
  assert_status (digest (&client, other, fresh, "u", "p"), 401);
  rtsp_close (&client);
}

static void
test_digest (CameraRig *rig, gconstpointer data)
{
  assert_digest (rig, "/digest", G_CHECKSUM_MD5, "algorithm=MD5");
  assert_digest (rig, "/sha256", G_CHECKSUM_SHA256, "algorithm=SHA-256");
}

static void
test_basic (CameraRig *rig, gconstpointer data)
{
  Rtsp client;
  rtsp_open (&client, rig->port, "/basic");
  g_autofree char *challenge = rtsp_ask (&client, "DESCRIBE", NULL);
  g_assert_nonnull (strstr (challenge, "WWW-Authenticate: Basic"));
  g_assert_cmpint (rtsp_status (&client, "DESCRIBE", "Authorization: Basic dTpw\r\n"), ==, 200);
  g_assert_cmpint (rtsp_status (&client, "DESCRIBE", "Authorization: Basic dTpx\r\n"), ==, 401);
  rtsp_close (&client);
}

static void
test_stale_nonce (CameraRig *rig, gconstpointer data)
{
  Rtsp client;
  camera_order (rig, "{\"type\":\"staleNonce\",\"mount\":\"/digest\"}");
  rtsp_open (&client, rig->port, "/digest");
  g_autofree char *nonce = ask_nonce (&client, "Digest");
  assert_status (digest (&client, G_CHECKSUM_MD5, nonce, "u", "p"), 200);
  g_autofree char *answer = digest (&client, G_CHECKSUM_MD5, nonce, "u", "p");
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 401"));
  g_assert_nonnull (strstr (answer, "stale=true"));
  g_autofree char *next = value_of (answer, "nonce=\"");
  assert_status (digest (&client, G_CHECKSUM_MD5, next, "u", "p"), 200);
  rtsp_close (&client);
}

static void
test_rotation (CameraRig *rig, gconstpointer data)
{
  Rtsp client;
  camera_order (rig, "{\"type\":\"accept\",\"mount\":\"/digest\",\"user\":\"n\",\"password\":\"q\"}");
  camera_order (rig, "{\"type\":\"accept\",\"mount\":\"/other\",\"user\":\"n\",\"password\":\"q\"}");
  rtsp_open (&client, rig->port, "/digest");
  g_autofree char *first = ask_nonce (&client, "Digest");
  assert_status (digest (&client, G_CHECKSUM_MD5, first, "u", "p"), 401);
  g_autofree char *second = ask_nonce (&client, "Digest");
  assert_status (digest (&client, G_CHECKSUM_MD5, second, "n", "q"), 200);
  client.path = "/other";
  g_assert_cmpint (rtsp_status (&client, "DESCRIBE", NULL), ==, 401);
  camera_order (rig, "{\"type\":\"behave\"}");
  g_assert_cmpint (rtsp_status (&client, "DESCRIBE", NULL), ==, 200);
  client.path = "/digest";
  g_autofree char *third = ask_nonce (&client, "Digest");
  assert_status (digest (&client, G_CHECKSUM_MD5, third, "u", "p"), 200);
  rtsp_close (&client);
}

static void
test_unauthorized (CameraRig *rig, gconstpointer data)
{
  Rtsp client, playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"unauthorized\",\"mount\":\"/digest\"}");
  camera_order (rig, "{\"type\":\"unauthorized\",\"mount\":\"/other\"}");
  rtsp_open (&client, rig->port, "/digest");
  g_autofree char *nonce = ask_nonce (&client, "Digest");
  assert_status (digest (&client, G_CHECKSUM_MD5, nonce, "u", "p"), 401);
  g_assert_cmpint (rtsp_status (&playing, "GET_PARAMETER", NULL), ==, 401);
  g_assert_cmpint (rtsp_status (&playing, "OPTIONS", NULL), ==, 200);
  rtsp_close (&client);
  rtsp_close (&playing);
}

#define ADD(name, test) g_test_add ("/camera/" name, CameraRig, NULL, camera_set_up, test, camera_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("refuse", test_refuse);
  ADD ("refuse-method", test_refuse_method);
  ADD ("reset-on", test_reset_on);
  ADD ("descriptions", test_descriptions);
  ADD ("digest", test_digest);
  ADD ("basic", test_basic);
  ADD ("stale-nonce", test_stale_nonce);
  ADD ("rotation", test_rotation);
  ADD ("unauthorized", test_unauthorized);
  return g_test_run ();
}
