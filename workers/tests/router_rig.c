#include "router_rig.h"

#include "rig.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
write_spec (RouterRig *rig, const char *members, const char *a, const char *b)
{
  g_autofree char *text = g_strdup_printf ("{%s,\"mounts\":{\"/a\":\"%s\",\"/b\":\"%s\"}}", members, a, b);
  g_autofree char *temporary = g_build_filename (rig->bundle, "spec.json.new", NULL);
  g_autofree char *path = g_build_filename (rig->bundle, "spec.json", NULL);
  rig_write (rig->bundle, "spec.json.new", text);
  g_assert_cmpint (rename (temporary, path), ==, 0);
}

void
router_write_spec (RouterRig *rig, const char *a, const char *b)
{
  g_autofree char *listen = g_strdup_printf ("\"listen\":[\"127.0.0.1:%u\"]", rig->port);
  write_spec (rig, listen, a, b);
}

void
router_write_more (RouterRig *rig, const char *members)
{
  g_autofree char *listen = g_strdup_printf ("\"listen\":[\"127.0.0.1:%u\"],%s", rig->port, members);
  gboolean has_listen = strstr (members, "\"listen\":[") == members;
  write_spec (rig, has_listen ? members : listen, rig->a.bundle, rig->b.bundle);
}

char *
router_reload (RouterRig *rig)
{
  int control = rig_connect_unix (rig->bundle, "control.sock");
  rig_send (control, "{\"type\":\"hello\",\"protocol\":1,\"epoch\":0}\n{\"type\":\"reload\",\"seq\":1}\n");
  g_free (rig_receive_line (control)); /* hello, ready */
  g_free (rig_receive_line (control));
  char *reply = rig_receive_line (control);
  close (control);
  return reply;
}

GPid
router_spawn (const char *bundle, const char *log, GSpawnChildSetupFunc setup)
{
  const char *argv[] = { g_getenv ("DSLRS_ROUTER"), "--bundle", bundle, "--tls", g_getenv ("DSLRS_TLS"), NULL };
  return rig_spawn ((char **)argv, log, setup, NULL);
}

void
router_start (RouterRig *rig, GSpawnChildSetupFunc setup)
{
  rig->pid = router_spawn (rig->bundle, rig->log, setup);
  /* The last thing that it does before it serves. */
  close (rig_connect_unix (rig->bundle, "control.sock"));
}

void
router_set_up_with (RouterRig *rig, GSpawnChildSetupFunc setup)
{
  rig->bundle = rig_directory ();
  rig->log = g_build_filename (rig->bundle, "worker.log", NULL);
  rig->port = rig_free_port ();
  rig->a = stand_in_new ();
  rig->b = stand_in_new ();
  router_write_spec (rig, rig->a.bundle, rig->b.bundle);
  router_start (rig, setup);
}

void
router_set_up (RouterRig *rig, gconstpointer data)
{
  router_set_up_with (rig, NULL);
}

void
router_tear_down (RouterRig *rig, gconstpointer data)
{
  kill (rig->pid, SIGTERM);
  int status = rig_wait (rig->pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_autofree char *control = g_build_filename (rig->bundle, "control.sock", NULL);
  g_assert_false (g_file_test (control, G_FILE_TEST_EXISTS));
  stand_in_clear (&rig->a);
  stand_in_clear (&rig->b);
  g_free (rig->log);
  rig_remove (rig->bundle);
}

int
router_connect (RouterRig *rig)
{
  int fd = rig_connect (rig->port);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

int
router_ask (RouterRig *rig, const char *request)
{
  int fd = router_connect (rig);
  rig_send (fd, request);
  return fd;
}

void
router_assert_answer_begins (int client, const char *beginning)
{
  g_autofree char *answer = rig_receive_all (client, FALSE);
  g_assert_true (g_str_has_prefix (answer, beginning));
}

void
router_assert_handed_over (StandIn *worker, int client, const char *request)
{
  int taken = stand_in_take (worker, NULL);
  g_autofree char *unread = rig_receive (taken, strlen (request));
  g_assert_cmpstr (unread, ==, request);
  rig_send (taken, "answer");
  g_autofree char *answer = rig_receive (client, strlen ("answer"));
  g_assert_cmpstr (answer, ==, "answer");
  /* A single byte must be noticed, however the router waited for the request. */
  rig_send (client, "x");
  struct pollfd state = { .fd = taken, .events = POLLIN };
  g_assert_cmpint (poll (&state, 1, RIG_PATIENCE_S * 1000), ==, 1);
  close (taken);
}
