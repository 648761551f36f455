/* The RTSP output as a client sees it: real gst-rtsp-server, real sockets, handed over as the router does it. */
#include "serving.h"

#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_begins_with_the_gop_in_the_ring (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 17, TRUE);
  Client *client = client_new (self->directory);

  client_play (client, "/cam");
  client_await_frames (client, 7);
  g_assert_cmpuint (client_count_frames (client), ==, 7);
  clip_push (self->clip, self->hub, 1, 17, 22, TRUE);
  client_await_frames (client, 12);

  g_autoptr (JsonNode) joined = reports_await (self->reports, "viewerJoined");
  g_assert_cmpstr (report_string (joined, "address"), ==, "192.0.2.7");
  g_assert_cmpstr (report_string (joined, "transport"), ==, "tcp");
  g_assert_cmpstr (report_string (joined, "agent"), ==, "test");
  client_free (client);
  g_autoptr (JsonNode) left = reports_await (self->reports, "viewerLeft");
  g_assert_cmpint (report_int (left, "framesSent"), ==, 12);
  g_assert_cmpint (report_int (left, "framesDropped"), ==, 0);
}

/* No frame of the GOP at DESCRIBE is left when PLAY comes with the next one. */
static void
test_a_late_play_begins_with_the_newest_gop (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");

  clip_push (self->clip, self->hub, 1, 15, 43, TRUE);
  client_play (client, "/cam");
  client_await_frames (client, 3);
  client_assert_frame (client, 1, g_ptr_array_index (self->clip->video, 41));
  client_free (client);
}

static void
test_sound_that_is_silent_is_described (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 10, TRUE);
  clip_push (self->clip, self->hub, 1, 10, 25, FALSE);
  Client *client = client_new (self->directory);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");

  g_assert_nonnull (strstr (sdp, "m=video"));
  g_assert_nonnull (strstr (sdp, "m=audio"));
  client_free (client);
}

static void
test_a_client_waits_for_the_first_keyframe (Serving *self, gconstpointer data)
{
  Client *client = client_new (self->directory);

  client_send (client, "DESCRIBE", "/cam", "");
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 5, TRUE);
  reports_run_until (client_has_answer, client);
  g_assert_true (g_str_has_prefix ((const char *)client->received->data, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"));
  client_free (client);
}

static void
test_another_mount_ends_the_viewers_of_the_old (Serving *self, gconstpointer data)
{
  g_autoptr (JsonNode) other = serving_settings ("rtsp", "/elsewhere", "none");

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  g_assert_true (self->server->funcs->change (self->server, json_node_get_object (other), NULL));
  reports_run_until (client_has_ended, client);
  client_free (client);

  client = client_new (self->directory);
  g_autofree char *gone = client_ask (client, "DESCRIBE", "/cam", "");
  g_autofree char *moved = client_ask (client, "DESCRIBE", "/elsewhere", "");
  g_assert_nonnull (strstr (gone, " 404 "));
  g_assert_nonnull (strstr (moved, " 200 "));
  client_free (client);
}

static void
test_two_outputs_share_the_socket (Serving *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (serving_add (self, "again", "/cam", &error));
  g_assert_nonnull (error);
  Output *second = serving_add (self, "second", "/second", NULL);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  g_autofree char *one = client_ask (client, "DESCRIBE", "/cam", "");
  g_autofree char *two = client_ask (client, "DESCRIBE", "/second", "");
  g_assert_nonnull (strstr (one, " 200 "));
  g_assert_nonnull (strstr (two, " 200 "));
  client_free (client);
  second->funcs->free (second);
}

/* GLib ends a process that has no descriptor left. */
static void
test_the_last_descriptors_are_not_for_new_clients (Serving *self, gconstpointer data)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);
  g_autofree char *answer = g_strdup ("");
  struct rlimit before, few;

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  few = (struct rlimit){ .rlim_cur = 256, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  while (strstr (answer, " 503 ") == NULL) {
    g_ptr_array_add (clients, client_new (self->directory));
    g_free (answer);
    answer = client_ask (g_ptr_array_index (clients, clients->len - 1), "DESCRIBE", "/cam", "");
  }
  g_assert_nonnull (strstr (answer, "open files"));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpuint (clients->len, >, 10);
  client_play (g_ptr_array_index (clients, 0), "/cam");
}

static gboolean
has_news (gpointer fd)
{
  struct pollfd state = { .fd = GPOINTER_TO_INT (fd), .events = POLLIN };

  return poll (&state, 1, 0) == 1;
}

/* The router counts by it. */
static void
test_the_hand_over_lasts_as_long_as_the_client (Serving *self, gconstpointer data)
{
  int router;
  char byte;

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new_with (self->directory, "{\"address\":\"192.0.2.7\",\"port\":50312}", &router);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");
  g_assert_cmpint (recv (router, &byte, 1, 0), ==, 1);
  client_play (client, "/cam");
  client_await_frames (client, 3);
  g_assert_false (has_news (GINT_TO_POINTER (router)));
  client_free (client);
  reports_run_until (has_news, GINT_TO_POINTER (router));
  g_assert_cmpint (recv (router, &byte, 1, 0), ==, 0);
  close (router);
}

/* UDP would carry in the clear what was asked for through TLS. */
static void
test_through_tls_there_is_no_udp (Serving *self, gconstpointer data)
{
  int router;

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client
      = client_new_with (self->directory, "{\"address\":\"192.0.2.7\",\"port\":50312,\"tls\":true}", &router);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");
  g_autofree char *udp
      = client_ask (client, "SETUP", "/cam/stream=0", "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n");
  g_assert_nonnull (strstr (sdp, " 200 "));
  g_assert_nonnull (strstr (udp, " 461 "));
  client_play (client, "/cam");
  client_await_frames (client, 3);
  client_free (client);
  close (router);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/server/" path, Serving, NULL, serving_set_up, function, serving_tear_down)
  ADD ("begins-with-the-gop-in-the-ring", test_begins_with_the_gop_in_the_ring);
  ADD ("a-late-play-begins-with-the-newest-gop", test_a_late_play_begins_with_the_newest_gop);
  ADD ("sound-that-is-silent-is-described", test_sound_that_is_silent_is_described);
  ADD ("a-client-waits-for-the-first-keyframe", test_a_client_waits_for_the_first_keyframe);
  ADD ("another-mount-ends-the-viewers-of-the-old", test_another_mount_ends_the_viewers_of_the_old);
  ADD ("the-last-descriptors-are-not-for-new-clients", test_the_last_descriptors_are_not_for_new_clients);
  ADD ("two-outputs-share-the-socket", test_two_outputs_share_the_socket);
  ADD ("the-hand-over-lasts-as-long-as-the-client", test_the_hand_over_lasts_as_long_as_the_client);
  ADD ("through-tls-there-is-no-udp", test_through_tls_there_is_no_udp);
#undef ADD
  return g_test_run ();
}
