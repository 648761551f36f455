/* Seats for viewers, and how viewers are listed and ended, as their clients see it. */
#include "json-read.h"
#include "output-orders.h"
#include "serving.h"

#include <string.h>

/* More than fit, and more than there are threads for them. */
#define CROWD 12

typedef struct
{
  Serving serving;
  GPtrArray *outputs;
} Rig;

static void
set_up (Rig *self, gconstpointer data)
{
  serving_set_up (&self->serving, NULL);
  self->outputs = g_ptr_array_new ();
  g_ptr_array_add (self->outputs, self->serving.server);
  clip_begin (self->serving.clip, self->serving.hub, 1);
  clip_push (self->serving.clip, self->serving.hub, 1, 0, 15, TRUE);
}

static void
tear_down (Rig *self, gconstpointer data)
{
  g_ptr_array_unref (self->outputs);
  serving_tear_down (&self->serving, NULL);
}

static void
set_most (Rig *self, guint most)
{
  g_autoptr (JsonNode) node = serving_settings ("rtsp", "/cam", "none");

  json_object_set_int_member (json_node_get_object (node), "maxViewers", most);
  g_assert_true (self->serving.server->funcs->change (self->serving.server, json_node_get_object (node), NULL));
}

static Client *
join (Rig *self)
{
  Client *client = client_new (self->serving.directory);

  client_play (client, "/cam");
  client_await_frames (client, 1);
  return client;
}

static gint64
count_of (Rig *self, const char *name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  self->serving.server->funcs->stats (self->serving.server, builder);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) stats = json_builder_get_root (builder);
  return json_object_get_int_member (json_node_get_object (stats), name);
}

/* The objects of one `viewers` report, which must be all there are: (transfer full). */
static JsonNode *
list (Rig *self)
{
  output_orders_list_viewers (self->outputs, self->serving.context.reporter);
  g_assert_cmpuint (reports_count (self->serving.reports, "viewers"), ==, 1);
  return reports_await (self->serving.reports, "viewers");
}

static JsonObject *
viewer_at (JsonNode *report, guint index)
{
  return json_array_get_object_element (json_object_get_array_member (json_node_get_object (report), "viewers"), index);
}

static gboolean
order_end (Rig *self, gint64 number)
{
  g_autoptr (JsonObject) order = json_object_new ();
  g_autoptr (GError) error = NULL;

  json_object_set_int_member (order, "viewer", number);
  return output_orders_end_viewer (self->outputs, order, &error);
}

static void
test_no_more_get_in_than_there_are_seats (Rig *self, gconstpointer data)
{
  Client *crowd[CROWD];
  guint seated = 0;

  set_most (self, 3);
  for (guint i = 0; i < CROWD; i++)
    crowd[i] = client_new (self->serving.directory);
  for (guint i = 0; i < CROWD; i++)
    client_send (crowd[i], "DESCRIBE", "/cam", "");
  for (guint i = 0; i < CROWD; i++) {
    reports_run_until (client_has_answer, crowd[i]);
    g_autofree char *answer = g_strndup ((const char *)crowd[i]->received->data, crowd[i]->received->len);
    if (g_str_has_prefix (answer, "RTSP/1.0 200 "))
      seated++;
    else
      g_assert_true (
          g_str_has_prefix (answer, "RTSP/1.0 453 This stream has all the viewers that it may have\r\nCSeq: 1\r\n"));
  }
  g_assert_cmpuint (seated, ==, 3);
  g_assert_cmpint (count_of (self, "viewersRefused"), ==, CROWD - 3);
  for (guint i = 0; i < CROWD; i++)
    client_free (crowd[i]);
}

static gboolean
gets_in (gpointer user_data)
{
  Client *client = client_new (((Rig *)user_data)->serving.directory);
  g_autofree char *answer = client_ask (client, "DESCRIBE", "/cam", "");

  client_free (client);
  return g_str_has_prefix (answer, "RTSP/1.0 200 ");
}

static void
test_seats_change_while_it_runs (Rig *self, gconstpointer data)
{
  Client *first = join (self);
  Client *second = join (self);

  set_most (self, 1);
  g_assert_false (gets_in (self));
  clip_push (self->serving.clip, self->serving.hub, 1, 15, 17, TRUE);
  client_await_frames (first, client_count_frames (second));
  g_assert_false (client_has_ended (second));
  client_free (first);
  client_free (second);
  reports_run_until (gets_in, self);
}

static void
test_all_viewers_are_listed (Rig *self, gconstpointer data)
{
  Client *first = join (self);
  Client *second = client_new (self->serving.directory);
  g_autofree char *sdp = client_ask (second, "DESCRIBE", "/cam", "");
  g_autoptr (JsonNode) joined = reports_await (self->serving.reports, "viewerJoined");
  g_autoptr (JsonNode) report = list (self);

  JsonObject *playing = viewer_at (report, 0);
  g_assert_cmpint (json_read_int (playing, "viewer", 0), ==, report_int (joined, "viewer"));
  g_assert_cmpstr (json_read_string (playing, "state", ""), ==, "playing");
  g_assert_cmpstr (json_read_string (playing, "address", ""), ==, "192.0.2.7");
  g_assert_cmpint (json_read_int (playing, "framesSent", 0), >, 0);
  g_assert_cmpint (json_read_int (playing, "since", 0), >, 0);
  g_assert_cmpstr (json_read_string (viewer_at (report, 1), "state", ""), ==, "joining");
  client_free (first);
  client_free (second);
}

static void
test_one_is_ended_and_no_other (Rig *self, gconstpointer data)
{
  Client *first = join (self);
  Client *second = join (self);
  g_autoptr (JsonNode) joined = reports_await (self->serving.reports, "viewerJoined");

  g_assert_false (order_end (self, 999));
  g_assert_true (order_end (self, report_int (joined, "viewer")));
  reports_run_until (client_has_ended, first);
  g_assert_true (client_has_bye (first));
  g_autoptr (JsonNode) left = reports_await (self->serving.reports, "viewerLeft");
  g_assert_cmpint (report_int (left, "viewer"), ==, report_int (joined, "viewer"));
  g_assert_cmpstr (report_string (left, "address"), ==, "192.0.2.7");

  guint before = client_count_frames (second);
  clip_push (self->serving.clip, self->serving.hub, 1, 15, 17, TRUE);
  client_await_frames (second, before + 2);
  g_assert_false (client_has_bye (second));
  client_free (first);
  client_free (second);
}

static void
test_a_mount_that_goes_says_bye (Rig *self, gconstpointer data)
{
  g_autoptr (JsonNode) other = serving_settings ("rtsp", "/elsewhere", "none");
  Client *client = join (self);

  g_assert_true (self->serving.server->funcs->change (self->serving.server, json_node_get_object (other), NULL));
  reports_run_until (client_has_ended, client);
  g_assert_true (client_has_bye (client));
  client_free (client);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/viewers/" path, Rig, NULL, set_up, function, tear_down)
  ADD ("no-more-get-in-than-there-are-seats", test_no_more_get_in_than_there_are_seats);
  ADD ("seats-change-while-it-runs", test_seats_change_while_it_runs);
  ADD ("all-viewers-are-listed", test_all_viewers_are_listed);
  ADD ("one-is-ended-and-no-other", test_one_is_ended_and_no_other);
  ADD ("a-mount-that-goes-says-bye", test_a_mount_that_goes_says_bye);
#undef ADD
  return g_test_run ();
}
