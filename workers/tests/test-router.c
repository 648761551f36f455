/* The router with real sockets: who is handed over to whom, and who is refused how. */

#include "fdpass.h"

#include "rig.h"
#include "router_rig.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_hands_over (RouterRig *rig, gconstpointer data)
{
  int a = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->a, a, DESCRIBE_A);
  int b = router_ask (rig, DESCRIBE_B "PLAY of the next request");
  router_assert_handed_over (&rig->b, b, DESCRIBE_B "PLAY of the next request");
  close (a);
  close (b);
}

static void
test_describes_the_client (RouterRig *rig, gconstpointer data)
{
  struct sockaddr_in self;
  socklen_t length = sizeof self;
  g_autofree char *line = NULL;
  int client = router_ask (rig, DESCRIBE_A);
  g_assert_cmpint (getsockname (client, (struct sockaddr *)&self, &length), ==, 0);
  close (stand_in_take (&rig->a, &line));
  g_autofree char *expected = g_strdup_printf ("{\"address\":\"127.0.0.1\",\"port\":%u}", ntohs (self.sin_port));
  g_assert_cmpstr (line, ==, expected);
  close (client);
}

static void
test_request_in_pieces (RouterRig *rig, gconstpointer data)
{
  const char *pieces[] = { "DESC", "RIBE rtsp://h/a RTSP/1.0\r", "\nCSeq: 2\r\n", "\r", "\n" };
  int on = 1;
  int client = router_connect (rig);
  setsockopt (client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    rig_send (client, pieces[i]);
    /* The router has seen each piece when it answers somebody who came later. */
    int other = router_ask (rig, "DESCRIBE rtsp://h/none RTSP/1.0\r\n\r\n");
    router_assert_answer_begins (other, "RTSP/1.0 404");
    close (other);
  }
  router_assert_handed_over (&rig->a, client, "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n");
  close (client);
}

static void
test_options (RouterRig *rig, gconstpointer data)
{
  const char *answer = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: dslrs\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, "
                       "TEARDOWN, GET_PARAMETER, SET_PARAMETER\r\n\r\n";
  int client = router_ask (rig, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
  g_autofree char *first = rig_receive (client, strlen (answer));
  g_assert_cmpstr (first, ==, answer);
  rig_send (client, "OPTIONS rtsp://h:8554 RTSP/1.0\r\nCSeq: 1\r\n\r\n" DESCRIBE_A);
  g_autofree char *second = rig_receive (client, strlen (answer));
  g_assert_cmpstr (second, ==, answer);
  router_assert_handed_over (&rig->a, client, DESCRIBE_A);
  close (client);

  client = router_ask (rig, "OPTIONS rtsp://h:8554/b RTSP/1.0\r\nCSeq: 1\r\n\r\n");
  close (stand_in_take (&rig->b, NULL));
  close (client);
}

static void
test_refusals (RouterRig *rig, gconstpointer data)
{
  static const char *const cases[][2] = {
    { "DESCRIBE rtsp://h/none RTSP/1.0\r\nCSeq: 9\r\n\r\n",
      "RTSP/1.0 404 There is no stream of this name.\r\nCSeq: 9\r\n" },
    { "DESCRIBE rtsp://h/ab RTSP/1.0\r\n\r\n", "RTSP/1.0 404 There is no stream of this name.\r\n" },
    { "DESCRIBE * RTSP/1.0\r\n\r\n", "RTSP/1.0 404 There is no stream of this name.\r\n" },
    { "hello\r\n\r\n", "RTSP/1.0 400 Bad Request\r\n" },
    { "$\x01\x02\x03 interleaved", "RTSP/1.0 400 Bad Request\r\n" },
    { "OPTIONS * RTSP/1.0\r\nContent-Length: 5\r\n\r\nhello", "RTSP/1.0 400 Bad Request\r\n" },
    { "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.0 400 Bad Request\r\n" },
    { "GET /none HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n", "HTTP/1.0 404 Not Found\r\n" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    int client = router_ask (rig, cases[i][0]);
    router_assert_answer_begins (client, cases[i][1]);
    close (client);
  }
}

/* A client that goes on sending still gets to read why it was refused. */
static void
test_refusal_reaches_a_busy_client (RouterRig *rig, gconstpointer data)
{
  g_autofree char *body = g_strnfill (64 * 1024, 'x');
  g_autofree char *request = g_strconcat ("POST /none HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n", body, NULL);
  int client = router_ask (rig, request);
  router_assert_answer_begins (client, "HTTP/1.0 404 Not Found\r\n");
  close (client);
}

static void
test_garbage_is_closed (RouterRig *rig, gconstpointer data)
{
  int client = router_ask (rig, "\x16\x03\x01\x02\x05");
  g_autofree char *answer = rig_receive_all (client, TRUE);
  g_assert_cmpstr (answer, ==, "");
  close (client);
}

static void
test_dead_worker (RouterRig *rig, gconstpointer data)
{
  stand_in_die (&rig->a);
  int client = router_ask (rig, DESCRIBE_A);
  router_assert_answer_begins (client, "RTSP/1.0 503 The stream is being restarted.\r\nCSeq: 2\r\nRetry-After: 1\r\n");
  close (client);
}

static void
test_reason_of_a_stream_without_a_worker (RouterRig *rig, gconstpointer data)
{
  stand_in_die (&rig->a);
  rig_write (rig->a.bundle, "reason.txt", "The file\r\nended.\n");
  int client = router_ask (rig, DESCRIBE_A);
  router_assert_answer_begins (client, "RTSP/1.0 503 The file  ended.\r\nCSeq: 2\r\n");
  close (client);
}

/* The router gives up on a worker that takes nothing, serves others meanwhile, and the client is not answered twice if
 * the worker comes back to life. */
static void
test_stopped_worker (RouterRig *rig, gconstpointer data)
{
  g_autofree char *line = NULL;
  int stalled = router_ask (rig, DESCRIBE_A);
  int router = stand_in_stall (&rig->a);
  int client = router_ask (rig, DESCRIBE_B);
  router_assert_handed_over (&rig->b, client, DESCRIBE_B);
  router_assert_answer_begins (stalled, "RTSP/1.0 503 The stream is being restarted.\r\n");
  int late = fdpass_receive (router, &line, NULL);
  g_assert_cmpint (late, >=, 0);
  g_assert_cmpint (send (late, "late", 4, MSG_NOSIGNAL), ==, -1);
  close (late);
  close (stalled);
  close (router);
  close (client);
}

static void
test_worker_dies_with_the_descriptor (RouterRig *rig, gconstpointer data)
{
  int client = router_ask (rig, DESCRIBE_A);
  close (stand_in_stall (&rig->a));
  router_assert_answer_begins (client, "RTSP/1.0 503 The stream is being restarted.\r\n");
  close (client);
}

static void
test_tunnel (RouterRig *rig, gconstpointer data)
{
  const char *get = "GET /a HTTP/1.0\r\nx-sessioncookie: xyz\r\n\r\n";
  const char *post = "POST /elsewhere HTTP/1.0\r\nx-sessioncookie: xyz\r\nContent-Length: 9\r\n\r\nREVTQ1JJ";
  int down = router_ask (rig, get);
  router_assert_handed_over (&rig->a, down, get);
  int up = router_ask (rig, post);
  router_assert_handed_over (&rig->a, up, post);
  close (down);
  close (up);
}

static void
test_follows_the_spec (RouterRig *rig, gconstpointer data)
{
  router_write_spec (rig, rig->b.bundle, rig->a.bundle);
  int client = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->b, client, DESCRIBE_A);
  close (client);
  rig_write (rig->bundle, "spec.json", "{ broken");
  client = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->b, client, DESCRIBE_A);
  close (client);
  rig_await_text (rig->bundle, "worker.log", "the old routes stay: spec.json:1:");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/router/" name, RouterRig, NULL, router_set_up, test, router_tear_down)
  ADD ("hands-over", test_hands_over);
  ADD ("describes-the-client", test_describes_the_client);
  ADD ("request-in-pieces", test_request_in_pieces);
  ADD ("options", test_options);
  ADD ("refusals", test_refusals);
  ADD ("refusal-reaches-a-busy-client", test_refusal_reaches_a_busy_client);
  ADD ("garbage-is-closed", test_garbage_is_closed);
  ADD ("dead-worker", test_dead_worker);
  ADD ("reason-of-a-stream-without-a-worker", test_reason_of_a_stream_without_a_worker);
  ADD ("stopped-worker", test_stopped_worker);
  ADD ("worker-dies-with-the-descriptor", test_worker_dies_with_the_descriptor);
  ADD ("tunnel", test_tunnel);
  ADD ("follows-the-spec", test_follows_the_spec);
  return g_test_run ();
}
