/* The router and clients that cost more than they should. */

#include "rig.h"
#include "router_rig.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* More at once than the worker's backlog holds. */
static void
test_many_at_once (RouterRig *rig, gconstpointer data)
{
  int clients[200];
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = router_ask (rig, DESCRIBE_A);
  /* Who is answered came last: the others are on their way. */
  int last = router_ask (rig, "DESCRIBE rtsp://h/none RTSP/1.0\r\n\r\n");
  router_assert_answer_begins (last, "RTSP/1.0 404");
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    close (stand_in_take (&rig->a, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    close (clients[i]);
  close (last);
}

/* A client that never finishes its request is closed, and does not keep the router busy meanwhile. */
static void
test_slow_client (RouterRig *rig, gconstpointer data)
{
  GPid child = rig_await_child (rig->pid, 0);
  guint64 before = rig_cpu_ticks (child);
  int silent = router_connect (rig);
  int slow = router_ask (rig, "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq:");
  g_autofree char *nothing = rig_receive_all (silent, TRUE);
  g_autofree char *no_answer = rig_receive_all (slow, TRUE);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (no_answer, ==, "");
  g_assert_cmpuint (rig_cpu_ticks (child) - before, <, sysconf (_SC_CLK_TCK) / 2);
  g_assert_false (stand_in_is_asked (&rig->a));
  close (silent);
  close (slow);
}

static void
test_half_a_request_and_gone (RouterRig *rig, gconstpointer data)
{
  int client = router_ask (rig, "DESCRIBE rtsp://h/a RT");
  shutdown (client, SHUT_WR);
  g_autofree char *answer = rig_receive_all (client, TRUE);
  g_assert_cmpstr (answer, ==, "");
  close (client);
}

static gboolean
is_closed (int fd)
{
  struct pollfd state = { .fd = fd, .events = POLLIN };
  return poll (&state, 1, 0) == 1;
}

/* The oldest of an address makes room: one that says what it wants is let in. */
static void
test_half_open_limit (RouterRig *rig, gconstpointer data)
{
  int clients[64];
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = router_ask (rig, "DESC");
  int newcomer = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->a, newcomer, DESCRIBE_A);
  g_autofree char *answer = rig_receive_all (clients[0], TRUE);
  g_assert_cmpstr (answer, ==, "");
  for (gsize i = 1; i < G_N_ELEMENTS (clients); i++)
    g_assert_false (is_closed (clients[i]));

  rig_send (clients[1], "RIBE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n");
  router_assert_handed_over (&rig->a, clients[1], "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n");
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    close (clients[i]);
  close (newcomer);
}

static void
allow_few_descriptors (gpointer data)
{
  const struct rlimit few = { 24, 24 };
  setrlimit (RLIMIT_NOFILE, &few);
}

static void
set_up_with_few_descriptors (RouterRig *rig, gconstpointer data)
{
  router_set_up_with (rig, allow_few_descriptors);
}

/* Clients wait in the backlog until there are descriptors again. */
static void
test_out_of_descriptors (RouterRig *rig, gconstpointer data)
{
  GPid child = rig_await_child (rig->pid, 0);
  guint64 before = rig_cpu_ticks (child);
  int idle[30];
  for (gsize i = 0; i < G_N_ELEMENTS (idle); i++)
    idle[i] = router_ask (rig, "DESC");
  int client = router_ask (rig, DESCRIBE_A);
  rig_await_text (rig->bundle, "worker.log", "clients have to wait: Too many open files\n");
  for (gsize i = 0; i < G_N_ELEMENTS (idle); i++)
    close (idle[i]);
  router_assert_handed_over (&rig->a, client, DESCRIBE_A);
  close (client);
  g_assert_cmpuint (rig_cpu_ticks (child) - before, <, sysconf (_SC_CLK_TCK) / 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/router-limits/" name, RouterRig, NULL, router_set_up, test, router_tear_down)
  ADD ("many-at-once", test_many_at_once);
  ADD ("slow-client", test_slow_client);
  ADD ("half-a-request-and-gone", test_half_a_request_and_gone);
  ADD ("half-open-limit", test_half_open_limit);
  g_test_add ("/router-limits/out-of-descriptors", RouterRig, NULL, set_up_with_few_descriptors,
              test_out_of_descriptors, router_tear_down);
  return g_test_run ();
}
