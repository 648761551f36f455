/* The JSON lines connection: framing, limits, and peers that misbehave. */

#include "lines.h"

#include "rig.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  Lines *lines;
  int peer;
  GString *heard; /* "type=n " for each message */
  char *closed;   /* the reason; NULL while open */
  gboolean free_in_message;
  guint descriptors;
} Talk;

static void
on_message (Lines *lines, const char *type, JsonObject *message, gpointer data)
{
  Talk *talk = data;
  g_string_append_printf (talk->heard, "%s=%d ", type, (int)json_object_get_int_member_with_default (message, "n", 0));
  if (talk->free_in_message)
    g_clear_pointer (&talk->lines, lines_free);
}

static void
on_closed (Lines *lines, const char *reason, gpointer data)
{
  Talk *talk = data;
  g_assert_null (talk->closed);
  talk->closed = g_strdup (reason);
}

static const LinesFuncs funcs = { .message = on_message, .closed = on_closed };

static void
set_up (Talk *talk, gconstpointer data)
{
  talk->descriptors = rig_count_descriptors ();
  int ends[2];
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  talk->heard = g_string_new (NULL);
  talk->peer = ends[1];
  talk->lines = lines_new (ends[0], &funcs, talk);
}

static void
tear_down (Talk *talk, gconstpointer data)
{
  g_clear_pointer (&talk->lines, lines_free);
  close (talk->peer);
  g_string_free (talk->heard, TRUE);
  g_free (talk->closed);
  g_assert_cmpuint (rig_count_descriptors (), ==, talk->descriptors);
}

static void
run_what_is_ready (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
run_until_closed (Talk *talk)
{
  while (talk->closed == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_messages (Talk *talk, gconstpointer data)
{
  rig_send (talk->peer, "{\"type\":\"a\",\"n\":1}\n{\"type\":\"b\",\"n\":2}\r\n{\"ty");
  run_what_is_ready ();
  g_assert_cmpstr (talk->heard->str, ==, "a=1 b=2 ");
  for (const char *rest = "pe\":\"c\",\"n\":3}\n"; *rest != '\0'; rest++) {
    char byte[] = { *rest, '\0' };
    rig_send (talk->peer, byte);
    run_what_is_ready ();
  }
  g_assert_cmpstr (talk->heard->str, ==, "a=1 b=2 c=3 ");
}

static JsonNode *
new_message (gsize padding)
{
  g_autofree char *text = g_strnfill (padding, 'x');
  JsonObject *object = json_object_new ();
  json_object_set_string_member (object, "type", text);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

static void
test_sends (Talk *talk, gconstpointer data)
{
  g_autoptr (JsonNode) message = new_message (3);
  lines_send (talk->lines, message);
  g_autofree char *line = rig_receive_line (talk->peer);
  g_assert_cmpstr (line, ==, "{\"type\":\"xxx\"}");
}

/* More than the socket takes at once arrives whole when the peer reads late. */
static void
test_sends_late (Talk *talk, gconstpointer data)
{
  gsize size = 700 * 1024;
  g_autoptr (JsonNode) message = new_message (size);
  lines_send (talk->lines, message);
  gsize received = 0;
  char bytes[65536];
  while (received < size + strlen ("{\"type\":\"\"}\n")) {
    run_what_is_ready ();
    ssize_t length = recv (talk->peer, bytes, sizeof bytes, 0);
    g_assert_cmpint (length, >, 0);
    received += length;
  }
  g_assert_null (talk->closed);
}

static void
test_drops_a_peer_that_does_not_read (Talk *talk, gconstpointer data)
{
  g_autoptr (JsonNode) message = new_message (100 * 1024);
  /* Twice what may wait, and what a socket holds besides. */
  for (int i = 0; i < 2 * LINES_MAX_PENDING / (100 * 1024); i++)
    lines_send (talk->lines, message);
  g_assert_null (talk->closed); /* never out of a call */
  run_until_closed (talk);
  g_assert_cmpstr (talk->closed, ==, "the peer does not read");
}

static void
test_peer_closes (Talk *talk, gconstpointer data)
{
  rig_send (talk->peer, "{\"type\":\"last\"}\n");
  shutdown (talk->peer, SHUT_WR);
  run_until_closed (talk);
  g_assert_cmpstr (talk->heard->str, ==, "last=0 ");
}

static void
test_free_inside_message (Talk *talk, gconstpointer data)
{
  talk->free_in_message = TRUE;
  rig_send (talk->peer, "{\"type\":\"a\"}\n{\"type\":\"b\"}\n");
  run_what_is_ready ();
  g_assert_cmpstr (talk->heard->str, ==, "a=0 ");
  g_assert_null (talk->closed);
}

static void
assert_refused (Talk *talk, const char *reason)
{
  g_autofree char *expected = g_strdup_printf ("{\"type\":\"refused\",\"reason\":\"%s\"}\n", reason);
  run_what_is_ready ();
  g_autofree char *answer = rig_receive_all (talk->peer, FALSE);
  g_assert_cmpstr (answer, ==, expected);
  g_assert_cmpstr (talk->heard->str, ==, "");
  close (talk->peer);
  talk->peer = dup (STDIN_FILENO); /* for tear_down() */
  run_until_closed (talk);
}

static void
test_refuses (Talk *talk, gconstpointer data)
{
  rig_send (talk->peer, data);
  rig_send (talk->peer, "\n{\"type\":\"unheard\"}\n");
  assert_refused (talk, "a line is not a JSON object");
}

static void
test_refuses_without_type (Talk *talk, gconstpointer data)
{
  rig_send (talk->peer, "{\"type\":5}\n");
  assert_refused (talk, "a line has no type");
}

static void
test_refuses_deep_nesting (Talk *talk, gconstpointer data)
{
  g_autofree char *open = g_strnfill (100 * 1024, '[');
  g_autofree char *close = g_strnfill (100 * 1024, ']');
  g_autofree char *line = g_strdup_printf ("{\"type\":\"a\",\"n\":%s%s}", open, close);
  rig_send (talk->peer, line);
  rig_send (talk->peer, "\n");
  assert_refused (talk, "a line is not a JSON object");
}

static gpointer
send_endless_line (gpointer data)
{
  g_autofree char *part = g_strnfill (1024, 'x');
  while (send (GPOINTER_TO_INT (data), part, 1024, MSG_NOSIGNAL) > 0)
    ;
  return NULL;
}

/* The peer goes on sending after it was refused, and still gets the answer. */
static void
test_refuses_an_endless_line (Talk *talk, gconstpointer data)
{
  GThread *sender = g_thread_new ("sender", send_endless_line, GINT_TO_POINTER (talk->peer));
  run_until_closed (talk);
  g_autofree char *answer = rig_receive_line (talk->peer);
  g_assert_cmpstr (answer, ==, "{\"type\":\"refused\",\"reason\":\"a line is too long\"}");
  g_thread_join (sender);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_main_context_default (); /* opens a descriptor of its own, which the tests are not to count */
#define ADD(name, data, test) g_test_add ("/lines/" name, Talk, data, set_up, test, tear_down)
  ADD ("messages", NULL, test_messages);
  ADD ("sends", NULL, test_sends);
  ADD ("sends-late", NULL, test_sends_late);
  ADD ("drops-a-peer-that-does-not-read", NULL, test_drops_a_peer_that_does_not_read);
  ADD ("peer-closes", NULL, test_peer_closes);
  ADD ("free-inside-message", NULL, test_free_inside_message);
  ADD ("refuses/text", "hello", test_refuses);
  ADD ("refuses/nothing", "", test_refuses);
  ADD ("refuses/array", "[]", test_refuses);
  ADD ("refuses/half", "{\"type\":\"a\"", test_refuses);
  ADD ("refuses/two", "{\"type\":\"a\"}{\"type\":\"b\"}", test_refuses);
  ADD ("refuses/comment", "{\"type\":\"a\"/*\"*/}", test_refuses);
  ADD ("refuses/quotes", "{'type':'a'}", test_refuses);
  ADD ("refuses/open-string", "{\"type\":\"a\\\"}", test_refuses);
  ADD ("refuses/not-utf8", "{\"type\":\"\xff\"}", test_refuses);
  ADD ("refuses/without-type", NULL, test_refuses_without_type);
  ADD ("refuses/deep-nesting", NULL, test_refuses_deep_nesting);
  ADD ("refuses/endless-line", NULL, test_refuses_an_endless_line);
  return g_test_run ();
}
