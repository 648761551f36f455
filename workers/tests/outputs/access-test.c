/* Who may watch, as clients of the RTSP output find it: real gst-rtsp-server, real sockets, handed over as the router
 * does it. */
#include "serving.h"

#include <string.h>
#include <unistd.h>

/* MD5 of anna:dslrs:secret1 and of bob:dslrs:secret2. */
#define ANNA "3447102996c497132c82cd8d82c4ec40"
#define BOB "eea9b814e816a8a7a4a3bc60d2b70aef"
#define USERS "\"users\":{\"anna\":\"" ANNA "\",\"bob\":\"" BOB "\"}"
#define FREE_TRIES 9

static void
set_access (Serving *self, const char *members)
{
  g_autofree char *text
      = g_strdup_printf ("{\"id\":\"rtsp\",\"kind\":\"rtsp\",\"mount\":\"/cam\",\"access\":{%s}}", members);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  g_assert_true (self->server->funcs->change (self->server, json_node_get_object (node), NULL));
}

static void
set_up (Serving *self, gconstpointer data)
{
  serving_set_up (self, NULL);
  set_access (self, USERS);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 17, TRUE);
}

static char *
md5 (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text, -1);
}

static char *
nonce_of (const char *answer)
{
  const char *begin = strstr (answer, "nonce=\"");

  g_assert_nonnull (begin);
  begin += strlen ("nonce=\"");
  return g_strndup (begin, strcspn (begin, "\""));
}

/* With what was asked for; `more`: other headers. */
static char *
ask_as (Client *client, const char *user, const char *secret, const char *method, const char *path, const char *more)
{
  g_autofree char *challenge = client_ask (client, method, path, more);
  g_autofree char *nonce = nonce_of (challenge);
  g_autofree char *target = md5 ("%s:%s", method, path);
  g_autofree char *response = md5 ("%s:%s:%s", secret, nonce, target);
  g_autofree char *headers = g_strdup_printf (
      "%sAuthorization: Digest username=\"%s\", realm=\"dslrs\", nonce=\"%s\", uri=\"%s\", response=\"%s\"\r\n", more,
      user, nonce, path, response);

  g_assert_true (g_str_has_prefix (challenge, "RTSP/1.0 401 "));
  return client_ask (client, method, path, headers);
}

static gboolean
is_status (const char *answer, guint status)
{
  g_autofree char *begin = g_strdup_printf ("RTSP/1.0 %u ", status);

  return g_str_has_prefix (answer, begin);
}

/* (transfer full): the header that names the session. */
static char *
play_as (Client *client, const char *user, const char *secret)
{
  g_autofree char *sdp = ask_as (client, user, secret, "DESCRIBE", "/cam", "");
  g_autofree char *set_up
      = ask_as (client, user, secret, "SETUP", "/cam/stream=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
  const char *session = strstr (set_up, "Session: ");

  g_assert_true (is_status (sdp, 200));
  g_assert_nonnull (session);
  char *header = g_strdup_printf ("%.*s\r\n", (int)strcspn (session, ";\r"), session);
  g_autofree char *play = ask_as (client, user, secret, "PLAY", "/cam", header);
  g_assert_true (is_status (play, 200));
  client_await_frames (client, 1);
  return header;
}

static guint
status_as (Serving *self, const char *user, const char *secret)
{
  Client *client = client_new (self->directory);
  g_autofree char *answer = ask_as (client, user, secret, "DESCRIBE", "/cam", "");

  client_free (client);
  return (guint)g_ascii_strtoull (answer + strlen ("RTSP/1.0 "), NULL, 10);
}

static void
test_only_users_get_in (Serving *self, gconstpointer data)
{
  Client *client = client_new (self->directory);
  g_autofree char *options = client_ask (client, "OPTIONS", "/cam", "");
  g_autofree char *below
      = client_ask (client, "SETUP", "/cam/stream=0", "Transport: RTP/AVP;unicast;client_port=9-10\r\n");
  g_autofree char *elsewhere = client_ask (client, "DESCRIBE", "/nowhere", "");

  g_assert_true (is_status (options, 200));
  g_assert_true (is_status (below, 401));
  g_assert_true (is_status (elsewhere, 404));
  g_assert_null (strstr (below, "Basic"));
  client_free (client);
  g_assert_cmpuint (status_as (self, "anna", ANNA), ==, 200);
  g_assert_cmpuint (status_as (self, "anna", BOB), ==, 401);
  g_autoptr (JsonNode) wrong = reports_await (self->reports, "loginRefused");
  g_assert_cmpstr (report_string (wrong, "address"), ==, "192.0.2.7");
  g_assert_cmpstr (report_string (wrong, "user"), ==, "anna");
  g_assert_cmpstr (report_string (wrong, "why"), ==, "password");
  g_assert_cmpuint (status_as (self, "eve", BOB), ==, 401);
  g_autoptr (JsonNode) unknown = reports_await (self->reports, "loginRefused");
  g_assert_cmpstr (report_string (unknown, "why"), ==, "user");
}

/* Anna's, as it is: only where nobody can listen. */
static void
test_a_password_may_travel_through_tls (Serving *self, gconstpointer data)
{
  const char *basic = "Authorization: Basic YW5uYTpzZWNyZXQx\r\n";
  int router = -1;
  Client *secure
      = client_new_with (self->directory, "{\"address\":\"192.0.2.7\",\"port\":50312,\"tls\":true}", &router);
  Client *plain = client_new (self->directory);
  g_autofree char *asked = client_ask (secure, "DESCRIBE", "/cam", "");
  g_autofree char *answered = client_ask (secure, "DESCRIBE", "/cam", basic);
  g_autofree char *refused = client_ask (plain, "DESCRIBE", "/cam", basic);

  g_assert_nonnull (strstr (asked, "WWW-Authenticate: Digest realm=\"dslrs\", "));
  g_assert_nonnull (strstr (asked, "WWW-Authenticate: Basic realm=\"dslrs\"\r\n"));
  g_assert_true (is_status (answered, 200));
  g_assert_true (is_status (refused, 401));
  client_free (secure);
  client_free (plain);
  close (router);
}

static void
test_only_viewers_may_watch (Serving *self, gconstpointer data)
{
  set_access (self, USERS ",\"viewers\":[\"bob\"]");
  g_assert_cmpuint (status_as (self, "bob", BOB), ==, 200);
  for (guint i = 0; i <= FREE_TRIES + 1; i++)
    g_assert_cmpuint (status_as (self, "anna", ANNA), ==, 403);
  g_autoptr (JsonNode) refused = reports_await (self->reports, "loginRefused");
  g_assert_cmpstr (report_string (refused, "why"), ==, "viewer");
  /* That was no guess. */
  g_assert_cmpuint (status_as (self, "bob", BOB), ==, 200);
}

/* What was sent on one connection is of no use on another. */
static void
test_a_nonce_is_of_one_connection (Serving *self, gconstpointer data)
{
  Client *client = client_new (self->directory);
  g_autofree char *challenge = client_ask (client, "DESCRIBE", "/cam", "");
  g_autofree char *nonce = nonce_of (challenge);
  g_autofree char *target = md5 ("DESCRIBE:/cam");
  g_autofree char *response = md5 (ANNA ":%s:%s", nonce, target);
  g_autofree char *header = g_strdup_printf (
      "Authorization: Digest username=\"anna\", realm=\"dslrs\", nonce=\"%s\", uri=\"/cam\", response=\"%s\"\r\n",
      nonce, response);
  Client *listener = client_new (self->directory);
  g_autofree char *replayed = client_ask (listener, "DESCRIBE", "/cam", header);
  g_autofree char *first = client_ask (client, "DESCRIBE", "/cam", header);

  g_assert_true (is_status (replayed, 401));
  g_assert_nonnull (strstr (replayed, "stale=true"));
  g_assert_true (is_status (first, 200));
  client_free (listener);
  client_free (client);
}

static void
test_a_session_is_of_one_connection (Serving *self, gconstpointer data)
{
  Client *viewer = client_new (self->directory);
  g_autofree char *session = play_as (viewer, "anna", ANNA);
  Client *stranger = client_new (self->directory);
  g_autofree char *torn_down = client_ask (stranger, "TEARDOWN", "/cam", session);
  g_autofree char *by_another = client_ask (stranger, "GET_PARAMETER", "/cam", session);

  g_assert_true (is_status (torn_down, 454));
  g_assert_true (is_status (by_another, 454));
  client_free (stranger);
  guint frames = client_count_frames (viewer);
  clip_push (self->clip, self->hub, 1, 17, 30, TRUE);
  client_await_frames (viewer, frames + 10);
  client_free (viewer);
}

static void
test_whoever_may_not_watch_any_more_is_ended (Serving *self, gconstpointer data)
{
  Client *anna = client_new (self->directory);
  Client *bob = client_new (self->directory);
  g_autofree char *session = play_as (anna, "anna", ANNA);
  g_autofree char *other = play_as (bob, "bob", BOB);

  set_access (self, USERS ",\"viewers\":[\"bob\"]");
  reports_run_until (client_has_ended, anna);
  guint frames = client_count_frames (bob);
  clip_push (self->clip, self->hub, 1, 17, 30, TRUE);
  client_await_frames (bob, frames + 10);
  /* His password is another one now. */
  set_access (self, "\"users\":{\"bob\":\"" ANNA "\"}");
  reports_run_until (client_has_ended, bob);
  client_free (anna);
  client_free (bob);
}

static void
test_who_was_let_in_by_nobody_is_ended_too (Serving *self, gconstpointer data)
{
  g_autoptr (JsonNode) open = serving_settings ("rtsp", "/cam", "none");

  g_assert_true (self->server->funcs->change (self->server, json_node_get_object (open), NULL));
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  set_access (self, USERS);
  reports_run_until (client_has_ended, client);
  client_free (client);
}

/* Even with the right password; but whoever was in before is not disturbed. */
static void
test_who_guesses_has_to_wait (Serving *self, gconstpointer data)
{
  Client *viewer = client_new (self->directory);
  g_autofree char *before = ask_as (viewer, "anna", ANNA, "DESCRIBE", "/cam", "");

  for (guint i = 0; i <= FREE_TRIES; i++)
    g_assert_cmpuint (status_as (self, "bob", ANNA), ==, 401);
  Client *client = client_new (self->directory);
  g_autofree char *answer = ask_as (client, "bob", BOB, "DESCRIBE", "/cam", "");
  g_assert_true (is_status (answer, 403));
  g_assert_nonnull (strstr (answer, "\r\nRetry-After: 1\r\n"));
  client_free (client);
  g_autofree char *after = ask_as (viewer, "anna", ANNA, "DESCRIBE", "/cam", "");
  g_assert_true (is_status (before, 200));
  g_assert_true (is_status (after, 200));
  client_free (viewer);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/access/" path, Serving, NULL, set_up, function, serving_tear_down)
  ADD ("only-users-get-in", test_only_users_get_in);
  ADD ("a-password-may-travel-through-tls", test_a_password_may_travel_through_tls);
  ADD ("only-viewers-may-watch", test_only_viewers_may_watch);
  ADD ("a-nonce-is-of-one-connection", test_a_nonce_is_of_one_connection);
  ADD ("a-session-is-of-one-connection", test_a_session_is_of_one_connection);
  ADD ("whoever-may-not-watch-any-more-is-ended", test_whoever_may_not_watch_any_more_is_ended);
  ADD ("who-was-let-in-by-nobody-is-ended-too", test_who_was_let_in_by_nobody_is_ended_too);
  ADD ("who-guesses-has-to-wait", test_who_guesses_has_to_wait);
#undef ADD
  return g_test_run ();
}
