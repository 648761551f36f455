/* Credentials of viewers: who is let in, headers that nobody should send, and how long those who guess have to wait. */
#include "login-check.h"
#include "login-guard.h"
#include "login-header.h"

#include <string.h>

/* MD5 of anna:dslrs:secret1 and of bob:dslrs:secret2. */
#define ANNA "3447102996c497132c82cd8d82c4ec40"
#define BOB "eea9b814e816a8a7a4a3bc60d2b70aef"
/* For DESCRIBE of rtsp://h/cam with the nonce "n0nce". */
#define URI "rtsp://h/cam"

static Access *
access_of (const char *json)
{
  g_autofree char *text = g_strdup_printf ("{\"access\":%s}", json);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  Access *access = NULL;

  g_assert_true (access_read (json_node_get_object (node), &access, NULL));
  return access;
}

/* Anna may watch; Bob may not, and nobody can log in as Carl. */
static Access *
usual_access (void)
{
  return access_of ("{\"users\":{\"anna\":\"" ANNA "\",\"bob\":\"" BOB
                    "\",\"carl\":\"\"},\"viewers\":[\"anna\",\"carl\"]}");
}

static char *
md5 (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text, -1);
}

static char *
digest (const char *user, const char *secret, const char *nonce, const char *method)
{
  g_autofree char *target_text = g_strconcat (method, ":" URI, NULL);
  g_autofree char *target = md5 (target_text);
  g_autofree char *response_text = g_strjoin (":", secret, nonce, target, NULL);
  g_autofree char *response = md5 (response_text);

  return g_strdup_printf ("Digest username=\"%s\", realm=\"dslrs\", nonce=\"%s\", uri=\"" URI "\", response=\"%s\"",
                          user, nonce, response);
}

static LoginVerdict
verdict_by (const Access *access, const char *authorization, const char *nonce, gboolean is_secure)
{
  g_autoptr (Login) login = NULL;
  const LoginRequest request
      = { .method = "DESCRIBE", .authorization = authorization, .nonce = nonce, .is_secure = is_secure };

  return login_check (access, &request, &login);
}

static LoginVerdict
verdict_on (const char *authorization, const char *nonce, gboolean is_secure)
{
  g_autoptr (Access) access = usual_access ();

  return verdict_by (access, authorization, nonce, is_secure);
}

static void
assert_digest (const char *user, const char *secret, const char *method, const char *nonce, LoginVerdict expected)
{
  g_autofree char *header = digest (user, secret, "n0nce", method);

  g_assert_cmpint (verdict_on (header, nonce, FALSE), ==, expected);
}

static void
test_digest (void)
{
  assert_digest ("anna", ANNA, "DESCRIBE", "n0nce", LOGIN_ACCEPTED);
  assert_digest ("anna", ANNA, "PLAY", "n0nce", LOGIN_WRONG_PASSWORD);
  assert_digest ("anna", BOB, "DESCRIBE", "n0nce", LOGIN_WRONG_PASSWORD);
  assert_digest ("eve", ANNA, "DESCRIBE", "n0nce", LOGIN_UNKNOWN_USER);
  assert_digest ("bob", BOB, "DESCRIBE", "n0nce", LOGIN_NOT_A_VIEWER);
  assert_digest ("carl", "", "DESCRIBE", "n0nce", LOGIN_UNKNOWN_USER);
  assert_digest ("carl", "00000000000000000000000000000000", "DESCRIBE", "n0nce", LOGIN_UNKNOWN_USER);
}

/* Only who has the password is told that just the nonce was too old. */
static void
test_other_nonces (void)
{
  assert_digest ("anna", ANNA, "DESCRIBE", "another", LOGIN_STALE);
  assert_digest ("anna", ANNA, "DESCRIBE", NULL, LOGIN_STALE);
  assert_digest ("anna", BOB, "DESCRIBE", NULL, LOGIN_WRONG_PASSWORD);
}

static void
test_basic (void)
{
  const char *right = "Basic YW5uYTpzZWNyZXQx"; /* anna:secret1 */
  const char *wrong = "Basic YW5uYTpzZWNyZXQy"; /* anna:secret2 */

  g_assert_cmpint (verdict_on (right, NULL, TRUE), ==, LOGIN_ACCEPTED);
  g_assert_cmpint (verdict_on (wrong, NULL, TRUE), ==, LOGIN_WRONG_PASSWORD);
  g_assert_cmpint (verdict_on (right, NULL, FALSE), ==, LOGIN_MISSING);
  g_assert_cmpint (verdict_on (wrong, NULL, FALSE), ==, LOGIN_MISSING);
}

static void
test_another_algorithm (void)
{
  g_autofree char *header = digest ("anna", ANNA, "n0nce", "DESCRIBE");
  g_autofree char *named = g_strconcat (header, ", algorithm=md5", NULL);
  g_autofree char *other = g_strconcat (header, ", algorithm=SHA-256", NULL);

  g_assert_cmpint (verdict_on (named, "n0nce", FALSE), ==, LOGIN_ACCEPTED);
  g_assert_cmpint (verdict_on (other, "n0nce", FALSE), ==, LOGIN_MISSING);
}

static void
test_odd_but_valid_headers (void)
{
  g_autoptr (LoginHeader) header = login_header_parse (
      "dIGEST\t username = \"a\\\"\\\\b\" ,, NONCE=n,uri=\"\",response=\"\",qop=auth,nc=00000001,unknown=\"x,y=z\"");

  g_assert_nonnull (header);
  g_assert_cmpstr (header->user, ==, "a\"\\b");
  g_assert_cmpstr (header->nonce, ==, "n");
  g_assert_cmpstr (header->uri, ==, "");
}

static void
test_invalid_headers (void)
{
  const char *invalid[] = {
    "",
    " ",
    "Basic",
    "Basic ",
    "Basic  =",
    "Basic !!!!",
    "Basic YW5uYQ==" /* no colon */,
    "Basic YQBiOmM=" /* NUL */,
    "Digest",
    "Digest ",
    "Digest ,",
    "Digest ,,,,",
    "Digest username",
    "Digest username=",
    "Digest =x",
    "Digest \"x\"",
    "Digest username=\"anna",
    "Digest username=\"anna\\",
    "Digest username=\"anna\\\"",
    "Digest username=\"anna\" nonce=\"n\"",
    "Digest username=\"anna\", nonce=\"n\", uri=\"u\"",
    "Digest username=\"anna\", username=\"bob\", nonce=\"n\", uri=\"u\", response=\"r\"",
    "Digest username=\"anna\", nonce=\"n\", uri=\"u\", response=\"r\" x",
    "Bearer abc",
    "\xff\xfe",
    "Digest\x01username=a",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++) {
    g_autoptr (LoginHeader) header = login_header_parse (invalid[i]);
    g_assert_null (header);
    g_assert_cmpint (verdict_on (invalid[i], "n0nce", TRUE), ==, LOGIN_MISSING);
  }
  g_autofree char *filling = g_strnfill (4096, 'x');
  g_autofree char *long_name = digest (filling, ANNA, "n0nce", "DESCRIBE");
  g_assert_cmpint (verdict_on (long_name, "n0nce", FALSE), ==, LOGIN_MISSING);
}

/* Good headers with bytes changed, doubled and cut: for the sanitizers. Who gets in says the same in other letters. */
static void
test_mutated_headers (void)
{
  g_autofree char *good = digest ("anna", ANNA, "n0nce", "DESCRIBE");
  g_autoptr (LoginHeader) original = login_header_parse (good);
  g_autoptr (Access) access = usual_access ();

  for (guint i = 0; i < 3000; i++) {
    g_autoptr (GString) text = g_string_new (i % 2 == 0 ? good : "Basic YW5uYTpzZWNyZXQy");
    for (guint change = 0; change <= i % 3 && text->len > 0; change++) {
      gsize at = (gsize)g_test_rand_int_range (0, (gint32)text->len);
      char byte = (char)g_test_rand_int_range (1, 256);
      if (i % 5 == 0)
        g_string_truncate (text, at);
      else if (i % 5 == 1)
        g_string_insert_c (text, (gssize)at, byte);
      else
        text->str[at] = byte;
    }
    if (verdict_by (access, text->str, "n0nce", FALSE) != LOGIN_ACCEPTED)
      continue;
    g_autoptr (LoginHeader) header = login_header_parse (text->str);
    g_assert_cmpstr (header->user, ==, original->user);
    g_assert_cmpstr (header->nonce, ==, original->nonce);
    g_assert_cmpstr (header->uri, ==, original->uri);
    g_assert_cmpint (g_ascii_strcasecmp (header->response, original->response), ==, 0);
  }
}

static void
assert_no_access (const char *json)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  g_autoptr (GError) error = NULL;
  Access *access = NULL;

  g_assert_false (access_read (json_node_get_object (node), &access, &error));
  g_assert_nonnull (error);
  g_assert_null (access);
}

/* What cannot be read must not become an open door. */
static void
test_invalid_access (void)
{
  assert_no_access ("{\"access\":true}");
  assert_no_access ("{\"access\":[]}");
  assert_no_access ("{\"access\":{}}");
  assert_no_access ("{\"access\":{\"users\":[]}}");
  assert_no_access ("{\"access\":{\"users\":{\"anna\":1}}}");
  assert_no_access ("{\"access\":{\"users\":{\"anna\":\"short\"}}}");
  assert_no_access ("{\"access\":{\"users\":{},\"viewers\":\"anna\"}}");
  assert_no_access ("{\"access\":{\"users\":{},\"viewers\":null}}");
  assert_no_access ("{\"access\":{\"users\":{},\"viewers\":[1]}}");
}

static void
test_who_stays (void)
{
  g_autoptr (Access) access = usual_access ();
  g_autoptr (Access) all = access_of ("{\"users\":{\"bob\":\"" BOB "\"}}");
  g_autoptr (Login) anna = login_new ("anna", ANNA);
  g_autoptr (Login) former = login_new ("anna", BOB);
  g_autoptr (Login) bob = login_new ("bob", BOB);

  g_assert_true (access_admits (NULL, NULL));
  g_assert_true (access_admits (access, anna));
  g_assert_false (access_admits (access, former));
  g_assert_false (access_admits (access, bob));
  g_assert_false (access_admits (access, NULL));
  g_assert_true (access_admits (all, bob));
  g_assert_false (access_admits (all, anna));
}

static void
test_guessing_gets_slower (void)
{
  LoginGuard *guard = login_guard_new ();
  gint64 now_us = G_USEC_PER_SEC;
  const guint waits_ms[]
      = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000 };

  for (gsize i = 0; i < G_N_ELEMENTS (waits_ms); i++) {
    g_assert_cmpuint (login_guard_count (guard, "192.0.2.1", now_us), ==, waits_ms[i]);
    g_assert_cmpuint (login_guard_wait_ms (guard, "192.0.2.1", now_us), ==, waits_ms[i]);
    now_us += (gint64)waits_ms[i] * 1000;
    g_assert_cmpuint (login_guard_wait_ms (guard, "192.0.2.1", now_us), ==, 0);
  }
  g_assert_cmpuint (login_guard_wait_ms (guard, "192.0.2.2", now_us), ==, 0);
  now_us += 16 * 60 * G_USEC_PER_SEC;
  g_assert_cmpuint (login_guard_count (guard, "192.0.2.1", now_us), ==, 0);
  login_guard_free (guard);
}

static void
test_a_network_is_one_guesser (void)
{
  LoginGuard *guard = login_guard_new ();
  const char *same[] = { "2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8:0:0:1::", "2001:db8::3" };
  const char *mapped[] = { "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "::ffff:c000:201", "192.0.2.1" };

  for (guint i = 0; i < 10; i++) {
    g_assert_cmpuint (login_guard_count (guard, same[i % 5], 1), ==, i < 9 ? 0 : 1000);
    g_assert_cmpuint (login_guard_count (guard, mapped[i % 5], 1), ==, i < 9 ? 0 : 1000);
  }
  g_assert_cmpuint (login_guard_wait_ms (guard, "2001:db8:0:1::1", 1), ==, 0);
  login_guard_free (guard);
}

/* Whoever has many addresses cannot fill the memory, nor make room for himself. */
static void
test_many_guessers (void)
{
  LoginGuard *guard = login_guard_new ();

  for (guint i = 0; i < 1200; i++) {
    g_autofree char *address = g_strdup_printf ("10.0.%u.%u", i / 256, i % 256);
    login_guard_count (guard, address, (gint64)i + 1);
    login_guard_count (guard, "192.0.2.1", (gint64)i + 1);
  }
  g_assert_cmpuint (login_guard_wait_ms (guard, "192.0.2.1", 1200), ==, 300000);
  login_guard_free (guard);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/login/digest", test_digest);
  g_test_add_func ("/login/other-nonces", test_other_nonces);
  g_test_add_func ("/login/basic", test_basic);
  g_test_add_func ("/login/another-algorithm", test_another_algorithm);
  g_test_add_func ("/login/odd-but-valid-headers", test_odd_but_valid_headers);
  g_test_add_func ("/login/invalid-headers", test_invalid_headers);
  g_test_add_func ("/login/mutated-headers", test_mutated_headers);
  g_test_add_func ("/login/invalid-access", test_invalid_access);
  g_test_add_func ("/login/who-stays", test_who_stays);
  g_test_add_func ("/login/guessing-gets-slower", test_guessing_gets_slower);
  g_test_add_func ("/login/a-network-is-one-guesser", test_a_network_is_one_guesser);
  g_test_add_func ("/login/many-guessers", test_many_guessers);
  return g_test_run ();
}
