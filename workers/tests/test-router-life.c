/* The life of the router: its addresses, the deaths of its processes, and its control socket. */

#include "rig.h"
#include "router_rig.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_child_killed (RouterRig *rig, gconstpointer data)
{
  int playing = router_ask (rig, DESCRIBE_B);
  int taken = stand_in_take (&rig->b, NULL);

  GPid child = rig_await_child (rig->pid, 0);
  kill (child, SIGSTOP);
  int waiting[5];
  for (gsize i = 0; i < G_N_ELEMENTS (waiting); i++)
    waiting[i] = router_ask (rig, DESCRIBE_A);
  kill (child, SIGKILL);
  for (gsize i = 0; i < G_N_ELEMENTS (waiting); i++)
    close (stand_in_take (&rig->a, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (waiting); i++)
    close (waiting[i]);
  g_assert_cmpint (rig_await_child (rig->pid, child), !=, child);

  rig_send (taken, "media");
  g_autofree char *media = rig_receive (playing, strlen ("media"));
  g_assert_cmpstr (media, ==, "media");
  close (taken);
  close (playing);
}

static void
test_killed_too_often (RouterRig *rig, gconstpointer data)
{
  GPid child = 0;
  for (int i = 0; i < 22; i++) {
    child = rig_await_child (rig->pid, child);
    kill (child, SIGKILL);
  }
  /* It is slower then, but does not give up. */
  int client = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->a, client, DESCRIBE_A);
  close (client);
}

/* Nothing of it may hold the port against the next one. */
static void
test_parent_killed (RouterRig *rig, gconstpointer data)
{
  GPid child = rig_await_child (rig->pid, 0);
  rig_kill (rig->pid);
  rig_await_death (child);
  router_start (rig, NULL);
  int client = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->a, client, DESCRIBE_A);
  close (client);
}

static void
assert_cannot_listen (RouterRig *rig, const char *listen, int code, const char *complaint)
{
  char *bundle = rig_directory ();
  g_autofree char *log = g_build_filename (bundle, "error", NULL);
  g_autofree char *spec = g_strdup_printf ("{\"listen\":[\"%s\"],\"mounts\":{}}", listen);
  rig_write (bundle, "spec.json", spec);
  int status = rig_wait (router_spawn (bundle, log, NULL));
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, code);
  g_autofree char *expected = g_strdup_printf ("dslrs-router: cannot listen on %s: %s\n", listen, complaint);
  g_autofree char *said = rig_read (bundle, "error");
  g_assert_cmpstr (said, ==, expected);
  rig_remove (bundle);
}

static void
test_cannot_listen (RouterRig *rig, gconstpointer data)
{
  const char *invalid = "not ADDRESS:PORT with an IPv4 address or an IPv6 one in brackets";
  g_autofree char *taken = g_strdup_printf ("127.0.0.1:%u", rig->port);
  assert_cannot_listen (rig, taken, 98, "Address already in use");
  assert_cannot_listen (rig, "192.0.2.1:8554", 1, "Cannot assign requested address");
  assert_cannot_listen (rig, "localhost:8554", 2, invalid);
  assert_cannot_listen (rig, "127.0.0.1", 2, invalid);
  assert_cannot_listen (rig, "127.0.0.1:99999", 2, invalid);
  assert_cannot_listen (rig, "::1:8554", 2, invalid);
}

static void
test_ipv6 (void)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int probe = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean can = probe >= 0 && bind (probe, (struct sockaddr *)&address, sizeof address) == 0;
  if (probe >= 0)
    close (probe);
  if (!can) {
    g_test_skip ("no IPv6 here");
    return;
  }

  char *bundle = rig_directory ();
  StandIn worker = stand_in_new ();
  guint16 port = rig_free_port ();
  g_autofree char *listen = g_strdup_printf ("[::1]:%u", port);
  g_autofree char *spec = g_strdup_printf ("{\"listen\":[\"%s\"],\"mounts\":{\"/a\":\"%s\"}}", listen, worker.bundle);
  rig_write (bundle, "spec.json", spec);
  GPid router = router_spawn (bundle, NULL, NULL);
  close (rig_connect_unix (bundle, "control.sock"));

  address.sin6_port = htons (port);
  int client = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (client, (struct sockaddr *)&address, sizeof address), ==, 0);
  rig_send (client, DESCRIBE_A);
  g_autofree char *line = NULL;
  close (stand_in_take (&worker, &line));
  g_assert_true (g_str_has_prefix (line, "{\"address\":\"::1\",\"port\":"));
  close (client);
  kill (router, SIGTERM);
  rig_wait (router);
  stand_in_clear (&worker);
  rig_remove (bundle);
}

static void
assert_next_line_begins (int control, const char *beginning)
{
  g_autofree char *line = rig_receive_line (control);
  g_test_message ("%s", line);
  g_assert_true (g_str_has_prefix (line, beginning));
}

static int
say_hello (RouterRig *rig, int epoch)
{
  g_autofree char *hello = g_strdup_printf ("{\"type\":\"hello\",\"protocol\":1,\"epoch\":%d}\n", epoch);
  int control = rig_connect_unix (rig->bundle, "control.sock");
  rig_send (control, hello);
  return control;
}

static void
assert_greeted (RouterRig *rig, int control)
{
  g_autofree char *hello
      = g_strdup_printf ("{\"type\":\"hello\",\"protocol\":1,\"name\":\"router\",\"pid\":%d,", rig->pid);
  g_autofree char *ready = g_strdup_printf ("{\"type\":\"ready\",\"listen\":[\"127.0.0.1:%u\"]}", rig->port);
  assert_next_line_begins (control, hello);
  assert_next_line_begins (control, ready);
}

static void
test_control (RouterRig *rig, gconstpointer data)
{
  int client = router_ask (rig, DESCRIBE_A);
  router_assert_handed_over (&rig->a, client, DESCRIBE_A);
  close (client);
  int refused = router_ask (rig, "DESCRIBE rtsp://h/none RTSP/1.0\r\n\r\n");
  router_assert_answer_begins (refused, "RTSP/1.0 404");
  close (refused);

  int control = say_hello (rig, 1);
  assert_greeted (rig, control);
  rig_send (control, "{\"type\":\"ping\",\"seq\":7}\n{\"type\":\"rotate\",\"seq\":8}\n");
  assert_next_line_begins (control, "{\"type\":\"reply\",\"seq\":7,\"ok\":true}");
  assert_next_line_begins (control, "{\"type\":\"reply\",\"seq\":8,\"ok\":false,\"message\":");
  assert_next_line_begins (control, "{\"type\":\"stats\",\"accepted\":2,\"handedOver\":1,\"refused\":1,\"pending\":0,"
                                    "\"connections\":0,\"viewers\":0}");
  close (control);
}

static void
test_control_epochs (RouterRig *rig, gconstpointer data)
{
  int former = say_hello (rig, 5);
  assert_greeted (rig, former);
  int older = say_hello (rig, 4);
  assert_next_line_begins (older, "{\"type\":\"refused\",");
  int newer = say_hello (rig, 6);
  assert_greeted (rig, newer);
  g_free (rig_receive_all (former, FALSE)); /* closed */
  close (former);
  close (older);
  close (newer);
}

static void
test_control_garbage (RouterRig *rig, gconstpointer data)
{
  static const char *const garbage[]
      = { "\x16\x03\x01\n", "{\"type\":\"ping\",\"seq\":1}\n", "{\"type\":\"hello\",\"protocol\":2,\"epoch\":1}\n" };
  for (gsize i = 0; i < G_N_ELEMENTS (garbage); i++) {
    int control = rig_connect_unix (rig->bundle, "control.sock");
    rig_send (control, garbage[i]);
    assert_next_line_begins (control, "{\"type\":\"refused\",");
    close (control);
  }
  int control = say_hello (rig, 1);
  assert_greeted (rig, control);
  close (control);
}

static void
test_control_stop (RouterRig *rig, gconstpointer data)
{
  int control = say_hello (rig, 1);
  assert_greeted (rig, control);
  rig_send (control, "{\"type\":\"stop\",\"seq\":1}\n");
  assert_next_line_begins (control, "{\"type\":\"reply\",\"seq\":1,\"ok\":true}");
  int status = rig_wait (rig->pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_cmpint (rig_connect (rig->port), ==, -1);
  close (control);
  router_start (rig, NULL); /* for router_tear_down() */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/router-life/" name, RouterRig, NULL, router_set_up, test, router_tear_down)
  ADD ("child-killed", test_child_killed);
  ADD ("killed-too-often", test_killed_too_often);
  ADD ("parent-killed", test_parent_killed);
  ADD ("cannot-listen", test_cannot_listen);
  g_test_add_func ("/router-life/ipv6", test_ipv6);
  ADD ("control", test_control);
  ADD ("control-epochs", test_control_epochs);
  ADD ("control-garbage", test_control_garbage);
  ADD ("control-stop", test_control_stop);
  return g_test_run ();
}
