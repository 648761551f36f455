/* Heads of requests, good, broken and hostile. Each input lies in a heap block of exactly its size, so that
 * AddressSanitizer sees a read beyond it. */

#include "request.h"

#include <glib.h>
#include <string.h>

static RequestResult
parse (const char *data, gsize length, Request *request)
{
  g_autofree char *exact = g_memdup2 (data, length);
  return request_parse (exact, length, request);
}

static RequestResult
parse_text (const char *text, Request *request)
{
  return parse (text, strlen (text), request);
}

static void
test_rtsp (void)
{
  Request request;
  const char *text
      = "DESCRIBE rtsp://user:pw@[::1]:8554/front-door?x=1 RTSP/1.0\r\nCSeq: 42\r\nUser-Agent: caf\xc3\xa9\r\n\r\n";
  g_assert_cmpint (parse_text (text, &request), ==, REQUEST_OK);
  g_assert_cmpstr (request.method, ==, "DESCRIBE");
  g_assert_cmpstr (request.path, ==, "/front-door");
  g_assert_cmpstr (request.cseq, ==, "42");
  g_assert_cmpint (request.protocol, ==, REQUEST_RTSP);
  g_assert_cmpuint (request.head_length, ==, strlen (text));
  g_assert_false (request.any_path);
}

static void
test_tunnel (void)
{
  Request request;
  const char *text = "POST /lobby HTTP/1.0\r\nX-SessionCookie: abc123\r\nContent-Length: 32767\r\n\r\nREVTQ1JJQkU";
  g_assert_cmpint (parse_text (text, &request), ==, REQUEST_OK);
  g_assert_cmpint (request.protocol, ==, REQUEST_HTTP);
  g_assert_cmpstr (request.path, ==, "/lobby");
  g_assert_cmpstr (request.cookie, ==, "abc123");
  g_assert_true (request.has_body);
  g_assert_cmpuint (request.head_length, ==, strlen (text) - strlen ("REVTQ1JJQkU"));
}

static void
test_any_path (void)
{
  Request request;
  g_assert_cmpint (parse_text ("OPTIONS * RTSP/1.0\nCSeq: 1\n\n", &request), ==, REQUEST_OK);
  g_assert_true (request.any_path);
  g_assert_cmpstr (request.cseq, ==, "1");
}

static void
test_paths (void)
{
  static const struct
  {
    const char *url, *path;
  } cases[] = {
    { "rtsp://h", "/" },
    { "rtsp://h/", "/" },
    { "rtsp://h?q", "/" },
    { "RTSP://h/a", "/a" },
    { "/a///", "/a" },
    { "/a/trackID=0", "/a/trackID=0" },
    { "rtsp://h/a%20b%2fc", "/a b/c" },
    { "rtsp://h/a#b?c", "/a" },
    { "rtsps://h:322/a/?x=/b", "/a" },
    { "/%41", "/A" },
    { "rtsp://h/a%", NULL },
    { "rtsp://h/a%4", NULL },
    { "rtsp://h/a%zz", NULL },
    { "rtsp://h/a%00b", NULL },
    { "front-door", NULL },
    { "ftp://h/a", NULL },
    { "**", NULL },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Request request;
    g_autofree char *text = g_strdup_printf ("DESCRIBE %s RTSP/1.0\r\n\r\n", cases[i].url);
    RequestResult result = parse_text (text, &request);
    g_test_message ("%s", cases[i].url);
    g_assert_cmpint (result, ==, cases[i].path != NULL ? REQUEST_OK : REQUEST_MALFORMED);
    if (cases[i].path != NULL)
      g_assert_cmpstr (request.path, ==, cases[i].path);
  }
}

static void
test_every_prefix_is_incomplete (void)
{
  const char *text = "SETUP rtsp://h:8554/a/stream=0 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP\r\n\r\n";
  Request request;
  for (gsize length = 0; length < strlen (text); length++)
    g_assert_cmpint (parse (text, length, &request), ==, REQUEST_INCOMPLETE);
  g_assert_cmpint (parse_text (text, &request), ==, REQUEST_OK);
}

static void
test_malformed (void)
{
  static const char *const cases[] = {
    "\r\n\r\n",
    "/ RTSP/1.0\r\n\r\n",
    "describe / RTSP/1.0\r\n\r\n",
    "DESCRIBE /\r\n\r\n",
    "DESCRIBE / RTSP/1.0 more\r\n\r\n",
    "DESCRIBE / RTSP/x.0\r\n\r\n",
    "DESCRIBE / SIP/2.00\r\n\r\n",
    "DESCRIBE /\x01 RTSP/1.0\r\n\r\n",
    "DESCRIBE / RTSP/1.0\r\nno colon\r\n\r\n",
    "DESCRIBE / RTSP/1.0\r\n: no name\r\n\r\n",
    "DESCRIBE / RTSP/1.0\r\nA: b\r\n folded\r\n\r\n",
    "DESCRIBE / RTSP/1.0\r\nA: b\x01\r\n\r\n",
    "GET / HTTP/1.0\r\nx-sessioncookie: a b\r\n\r\n",
    "$$$$",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Request request;
    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (parse_text (cases[i], &request), ==, REQUEST_MALFORMED);
    g_assert_nonnull (request.reason);
  }
  Request request;
  const char nul[] = "DESCRIBE / RTSP/1.0\r\nA: b\0c\r\n\r\n";
  g_assert_cmpint (parse (nul, sizeof nul - 1, &request), ==, REQUEST_MALFORMED);
}

static void
test_garbage (void)
{
  Request request;
  g_assert_cmpint (parse ("\x16\x03\x01\x02", 4, &request), ==, REQUEST_GARBAGE);
  g_assert_cmpint (parse ("\0", 1, &request), ==, REQUEST_GARBAGE);
  g_assert_cmpint (parse ("\xff\xd8", 2, &request), ==, REQUEST_GARBAGE);
}

/* `count` times `c`, between the two texts. */
static RequestResult
parse_long (const char *before, char c, gsize count, const char *after)
{
  Request request;
  g_autofree char *middle = g_strnfill (count, c);
  g_autofree char *text = g_strconcat (before, middle, after, NULL);
  return parse_text (text, &request);
}

static void
test_limits (void)
{
  const char *end = " RTSP/1.0\r\n\r\n";
  g_assert_cmpint (parse_long ("", 'A', REQUEST_MAX_METHOD, " / RTSP/1.0\r\n\r\n"), ==, REQUEST_OK);
  g_assert_cmpint (parse_long ("", 'A', REQUEST_MAX_METHOD + 1, " / RTSP/1.0\r\n\r\n"), ==, REQUEST_MALFORMED);
  g_assert_cmpint (parse_long ("", 'A', REQUEST_MAX_METHOD + 1, ""), ==, REQUEST_MALFORMED);
  g_assert_cmpint (parse_long ("PLAY /", 'a', REQUEST_MAX_URL - 1, end), ==, REQUEST_OK);
  g_assert_cmpint (parse_long ("PLAY /", 'a', REQUEST_MAX_URL, end), ==, REQUEST_MALFORMED);
  g_assert_cmpint (parse_long ("PLAY /", 'a', REQUEST_MAX_URL + 100, ""), ==, REQUEST_MALFORMED);

  const char *line = "PLAY / RTSP/1.0\r\n";
  g_autofree char *key = g_strconcat (line, "X: ", NULL);
  g_assert_cmpint (parse_long (key, 'v', REQUEST_MAX_VALUE, "\r\n\r\n"), ==, REQUEST_OK);
  g_assert_cmpint (parse_long (key, 'v', REQUEST_MAX_VALUE + 1, "\r\n\r\n"), ==, REQUEST_MALFORMED);
  g_assert_cmpint (parse_long (key, 'v', REQUEST_MAX_HEAD, ""), ==, REQUEST_MALFORMED);
  g_assert_cmpint (parse_long (line, 'k', REQUEST_MAX_KEY, ": v\r\n\r\n"), ==, REQUEST_OK);
  g_assert_cmpint (parse_long (line, 'k', REQUEST_MAX_KEY + 1, ": v\r\n\r\n"), ==, REQUEST_MALFORMED);
}

static void
test_header_count (void)
{
  for (guint count = REQUEST_MAX_HEADERS; count <= REQUEST_MAX_HEADERS + 1; count++) {
    Request request;
    g_autoptr (GString) text = g_string_new ("PLAY / RTSP/1.0\r\n");
    for (guint i = 0; i < count; i++)
      g_string_append (text, "A: b\r\n");
    g_string_append (text, "\r\n");
    g_assert_cmpint (parse_text (text->str, &request), ==,
                     count <= REQUEST_MAX_HEADERS ? REQUEST_OK : REQUEST_MALFORMED);
  }
}

/* A CSeq is echoed, so nothing but digits may pass. */
static void
test_cseq_is_digits (void)
{
  Request request;
  g_assert_cmpint (parse_text ("PLAY / RTSP/1.0\r\nCSeq: 1;evil\r\n\r\n", &request), ==, REQUEST_OK);
  g_assert_cmpstr (request.cseq, ==, "");
  g_assert_cmpint (parse_text ("PLAY / RTSP/1.0\r\nCSeq: 12345678901\r\n\r\n", &request), ==, REQUEST_OK);
  g_assert_cmpstr (request.cseq, ==, "");
}

/* Damaged heads: whatever comes out, it is consistent and no byte too many was touched. */
static void
test_damaged (void)
{
  const char *text
      = "GET rtsp://h:8554/a%20b/?q HTTP/1.0\r\nCSeq: 3\r\nx-sessioncookie: c\r\nContent-Length: 0\r\n\r\nrest";
  static const char bytes[] = "\0\r\n :/%?#*\x16\xff"
                              "AZ09";
  for (guint round = 0; round < 50000; round++) {
    g_autofree char *damaged = g_strdup (text);
    gsize length = g_test_rand_int_range (0, strlen (text) + 1);
    for (gint n = g_test_rand_int_range (1, 6); n > 0; n--)
      damaged[g_test_rand_int_range (0, strlen (text))] = bytes[g_test_rand_int_range (0, sizeof bytes - 1)];
    Request request;
    RequestResult result = parse (damaged, length, &request);
    g_assert_true ((result == REQUEST_MALFORMED) == (request.reason != NULL));
    if (result == REQUEST_OK) {
      g_assert_cmpuint (request.head_length, <=, length);
      g_assert_true (request.any_path || request.path[0] == '/');
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/request/rtsp", test_rtsp);
  g_test_add_func ("/request/tunnel", test_tunnel);
  g_test_add_func ("/request/any-path", test_any_path);
  g_test_add_func ("/request/paths", test_paths);
  g_test_add_func ("/request/every-prefix-is-incomplete", test_every_prefix_is_incomplete);
  g_test_add_func ("/request/malformed", test_malformed);
  g_test_add_func ("/request/garbage", test_garbage);
  g_test_add_func ("/request/limits", test_limits);
  g_test_add_func ("/request/header-count", test_header_count);
  g_test_add_func ("/request/cseq-is-digits", test_cseq_is_digits);
  g_test_add_func ("/request/damaged", test_damaged);
  return g_test_run ();
}
