/* Who may come in, and how many: address lists, limits, and what makes room again. */

#include "rig.h"
#include "router_rig.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET_A "GET /a HTTP/1.0\r\nx-sessioncookie: xyz\r\n\r\n"
#define POST_A "POST /a HTTP/1.0\r\nx-sessioncookie: xyz\r\n\r\n"

/* A viewer of /a that its worker has. */
typedef struct
{
  int client;
  int taken;
  int router;
} Seat;

static Seat
take_seat (RouterRig *rig, const char *request)
{
  Seat seat = { .client = router_ask (rig, request) };
  seat.taken = stand_in_take_and_keep (&rig->a, &seat.router);
  return seat;
}

static void
leave (Seat *seat)
{
  close (seat->client);
  close (seat->taken);
  close (seat->router);
}

/* The router notices by itself that a viewer has left. */
static void
await_room (RouterRig *rig)
{
  for (;;) {
    int client = router_ask (rig, DESCRIBE_A);
    struct pollfd news[] = { { .fd = client, .events = POLLIN }, { .fd = rig->a.listener, .events = POLLIN } };
    g_assert_cmpint (poll (news, G_N_ELEMENTS (news), RIG_PATIENCE_S * 1000), >, 0);
    if (news[1].revents != 0) {
      close (stand_in_take (&rig->a, NULL));
      close (client);
      return;
    }
    close (client);
  }
}

static void
test_viewers (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"limits\":{\"viewers\":2}");
  Seat first = take_seat (rig, DESCRIBE_A), second = take_seat (rig, DESCRIBE_A);
  int third = router_ask (rig, DESCRIBE_A);
  router_assert_answer_begins (third,
                               "RTSP/1.0 453 There are as many viewers as rtsp.maxViewers allows.\r\nCSeq: 2\r\n");
  close (third);
  leave (&first);
  await_room (rig);
  leave (&second);
}

/* The second connection of a tunnel is no viewer of its own. */
static void
test_tunnel_is_one_viewer (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"limits\":{\"viewers\":1}");
  Seat down = take_seat (rig, GET_A);
  Seat up = take_seat (rig, POST_A);
  int other = router_ask (rig, DESCRIBE_A);
  router_assert_answer_begins (other, "RTSP/1.0 453 ");
  close (other);
  leave (&up);
  leave (&down);
}

static void
test_connections (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"limits\":{\"connections\":1}");
  Seat seat = take_seat (rig, DESCRIBE_A);
  int other = router_ask (rig, DESCRIBE_B);
  router_assert_answer_begins (other, "RTSP/1.0 503 Too many connections are open.\r\n");
  close (other);
  rig_await_text (rig->bundle, "worker.log", "127.0.0.1 is refused: rtsp.maxConnections is 1\n");
  leave (&seat);
  await_room (rig);
}

static int
ask_from (RouterRig *rig, const char *address, const char *request)
{
  struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET, .sin_port = htons (rig->port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  inet_pton (AF_INET, address, &from.sin_addr);
  inet_pton (AF_INET, "127.0.0.1", &to.sin_addr);
  g_assert_cmpint (bind (fd, (struct sockaddr *)&from, sizeof from), ==, 0);
  g_assert_cmpint (connect (fd, (struct sockaddr *)&to, sizeof to), ==, 0);
  send (fd, request, strlen (request), MSG_NOSIGNAL); /* it may be closed already */
  return fd;
}

static void
test_connections_of_an_address (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"limits\":{\"connectionsPerAddress\":1}");
  Seat seat = take_seat (rig, DESCRIBE_A);
  int same = router_ask (rig, DESCRIBE_A);
  router_assert_answer_begins (same, "RTSP/1.0 503 Too many connections from this address are open.\r\n");
  int other = ask_from (rig, "127.0.0.2", DESCRIBE_A);
  router_assert_handed_over (&rig->a, other, DESCRIBE_A);
  close (same);
  close (other);
  leave (&seat);
}

static void
assert_closed (int client)
{
  g_autofree char *answer = rig_receive_all (client, TRUE);
  g_assert_cmpstr (answer, ==, "");
  close (client);
}

static void
assert_let_in (RouterRig *rig, int client)
{
  router_assert_handed_over (&rig->a, client, DESCRIBE_A);
  close (client);
}

static void
test_address_lists (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"allow\":[\"127.0.0.9/30\"],\"deny\":[\"127.0.0.10\"]");
  assert_let_in (rig, ask_from (rig, "127.0.0.8", DESCRIBE_A));
  assert_let_in (rig, ask_from (rig, "127.0.0.11", DESCRIBE_A));
  assert_closed (ask_from (rig, "127.0.0.10", DESCRIBE_A));
  assert_closed (ask_from (rig, "127.0.0.12", DESCRIBE_A));
  router_write_more (rig, "\"deny\":[\"127.0.0.0/31\",\"::/0\"]");
  assert_let_in (rig, ask_from (rig, "127.0.0.12", DESCRIBE_A));
  assert_closed (router_ask (rig, DESCRIBE_A));
  router_write_more (rig, "\"deny\":[]");
  assert_let_in (rig, router_ask (rig, DESCRIBE_A));
}

/* A list that is not valid must not let everybody in. */
static void
test_invalid_list (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"deny\":[\"127.0.0.2\"]");
  assert_closed (ask_from (rig, "127.0.0.2", DESCRIBE_A));
  router_write_more (rig, "\"deny\":[\"127.0.0.2/33\"]");
  assert_closed (ask_from (rig, "127.0.0.2", DESCRIBE_A));
  rig_await_text (rig->bundle, "worker.log", "the old routes stay: spec.json has no valid deny\n");
}

static void
test_away (RouterRig *rig, gconstpointer data)
{
  router_write_more (rig, "\"away\":{\"/c\":\"The stream c is paused.\"}");
  int client = router_ask (rig, "SETUP rtsp://h/c/stream=0?x RTSP/1.0\r\nCSeq: 4\r\n\r\n");
  g_autofree char *answer = rig_receive_all (client, FALSE);
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 404 The stream c is paused.\r\nCSeq: 4\r\n"));
  g_assert_true (g_str_has_suffix (answer, "\r\n\r\nThe stream c is paused.\n"));
  close (client);
  int tunnel = router_ask (rig, "GET /c HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n");
  router_assert_answer_begins (tunnel, "HTTP/1.0 404 Not Found\r\n");
  close (tunnel);
}

/* A flood of silent clients from everywhere: who says what it wants comes in all the same. */
static void
test_flood_of_silent_clients (RouterRig *rig, gconstpointer data)
{
  enum
  {
    ADDRESSES = 40,
    EACH = 50
  };
  g_autofree int *silent = g_new (int, ADDRESSES *EACH);
  for (int i = 0; i < ADDRESSES * EACH; i++) {
    g_autofree char *address = g_strdup_printf ("127.0.1.%d", 1 + i / EACH);
    silent[i] = ask_from (rig, address, i % 2 == 0 ? "" : "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq:");
  }
  assert_let_in (rig, router_ask (rig, DESCRIBE_A));
  assert_let_in (rig, ask_from (rig, "127.0.1.1", DESCRIBE_A));
  for (int i = 0; i < ADDRESSES * EACH; i++)
    close (silent[i]);
}

/* A worker that is started again within the time is as good as one that was there. */
static void
test_worker_with_a_full_queue (RouterRig *rig, gconstpointer data)
{
  int clients[200], n_closed = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = router_ask (rig, DESCRIBE_A);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++) {
    g_autofree char *answer = rig_receive_all (clients[i], TRUE);
    n_closed += g_str_has_prefix (answer, "RTSP/1.0 503 The stream is being restarted.\r\n");
    close (clients[i]);
  }
  g_assert_cmpint (n_closed, ==, G_N_ELEMENTS (clients));
  int other = router_ask (rig, DESCRIBE_B);
  router_assert_handed_over (&rig->b, other, DESCRIBE_B);
  close (other);
}

static void
test_worker_started_again (RouterRig *rig, gconstpointer data)
{
  Seat seat = take_seat (rig, DESCRIBE_A);
  stand_in_die (&rig->a);
  leave (&seat);
  int refused = router_ask (rig, DESCRIBE_A);
  router_assert_answer_begins (refused, "RTSP/1.0 503 ");
  close (refused);
  stand_in_revive (&rig->a);
  assert_let_in (rig, router_ask (rig, DESCRIBE_A));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/router-room/" name, RouterRig, NULL, router_set_up, test, router_tear_down)
  ADD ("viewers", test_viewers);
  ADD ("tunnel-is-one-viewer", test_tunnel_is_one_viewer);
  ADD ("connections", test_connections);
  ADD ("connections-of-an-address", test_connections_of_an_address);
  ADD ("address-lists", test_address_lists);
  ADD ("invalid-list", test_invalid_list);
  ADD ("away", test_away);
  ADD ("flood-of-silent-clients", test_flood_of_silent_clients);
  ADD ("worker-with-a-full-queue", test_worker_with_a_full_queue);
  ADD ("worker-started-again", test_worker_started_again);
  return g_test_run ();
}
