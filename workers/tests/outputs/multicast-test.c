/* An output that sends to a group, as its listeners on another machine see it. */
#include "far-network.h"
#include "output-orders.h"
#include "serving.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP "239.1.2.3"
#define PORT 5004
#define MULTICAST "RTP/AVP;multicast"

typedef struct
{
  Serving serving;
  Output *output; /* at /group */
  guint asked;    /* for keyframes */
} Rig;

/* One member of the group. */
typedef struct
{
  int fd;
  guint frames;
  guint packets;
  guint16 sequence; /* of the latest */
  guint32 source;   /* of all */
} Ear;

static FarNetwork far;

static JsonNode *
settings (const char *group)
{
  JsonNode *node = serving_settings ("group", "/group", "none");
  JsonObject *multicast = json_object_new ();

  json_object_set_string_member (multicast, "address", group);
  json_object_set_int_member (multicast, "port", PORT);
  json_object_set_object_member (json_node_get_object (node), "multicast", multicast);
  return node;
}

static void
count_keyframe_request (gpointer user_data)
{
  ((Rig *)user_data)->asked++;
}

static void
set_up (Rig *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = settings (GROUP);

  serving_set_up (&self->serving, NULL);
  self->output = server_new (&self->serving.context, json_node_get_object (node), NULL);
  g_assert_nonnull (self->output);
  clip_begin (self->serving.clip, self->serving.hub, 1);
  clip_push (self->serving.clip, self->serving.hub, 1, 0, 15, TRUE);
  hub_set_keyframe_func (self->serving.hub, 1, count_keyframe_request, self);
}

static void
on_stopped (Output *output, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *)user_data;
}

static void
tear_down (Rig *self, gconstpointer data)
{
  gboolean stopped = FALSE;

  self->output->funcs->stop (self->output, on_stopped, &stopped);
  reports_run_until (is_true, &stopped);
  self->output->funcs->free (self->output);
  serving_tear_down (&self->serving, NULL);
}

static Client *
new_client (Rig *self)
{
  Client *client = client_new (self->serving.directory);

  client->transport = MULTICAST;
  return client;
}

static Client *
join (Rig *self)
{
  Client *client = new_client (self);

  client_play (client, "/group");
  return client;
}

static Ear
new_ear (void)
{
  return (Ear){ .fd = far_network_listen (&far, GROUP, PORT) };
}

/* Every packet once, in order, from one sender. */
static void
hear (Ear *self)
{
  guint8 packet[2048];

  while (recv (self->fd, packet, sizeof packet, MSG_DONTWAIT) >= 12) {
    guint16 sequence = (guint16)(packet[2] << 8 | packet[3]);
    guint32 source = (guint32)packet[8] << 24 | (guint32)packet[9] << 16 | (guint32)packet[10] << 8 | packet[11];

    if (self->packets++ > 0) {
      g_assert_cmpuint (sequence, ==, (guint16)(self->sequence + 1));
      g_assert_cmpuint (source, ==, self->source);
    }
    self->sequence = sequence;
    self->source = source;
    self->frames += packet[1] >> 7;
  }
}

typedef struct
{
  Ear *ear;
  guint frames;
} Hearing;

static gboolean
has_heard (gpointer user_data)
{
  const Hearing *hearing = user_data;

  hear (hearing->ear);
  return hearing->ear->frames >= hearing->frames;
}

static void
await_frames (Ear *ear, guint frames)
{
  Hearing hearing = { ear, frames };

  reports_run_until (has_heard, &hearing);
  g_assert_cmpuint (ear->frames, ==, frames);
}

static gboolean
has_asked (gpointer user_data)
{
  return ((Rig *)user_data)->asked > 0;
}

static void
push (Rig *self, guint from, guint to)
{
  clip_push (self->serving.clip, self->serving.hub, 1, from, to, TRUE);
}

static void
leave (Rig *self, Client *client)
{
  client_free (client);
  g_autoptr (JsonNode) left = reports_await (self->serving.reports, "viewerLeft");
  g_assert_cmpstr (report_string (left, "transport"), ==, "multicast");
}

static void
test_all_hear_each_frame_once_while_one_listens (Rig *self, gconstpointer data)
{
  Ear early = new_ear ();
  Client *first = join (self);

  /* The GOP that it begins with: frames 10 to 14. */
  await_frames (&early, 5);
  self->asked = 0;
  Ear late = new_ear ();
  Client *second = join (self);
  reports_run_until (has_asked, self);
  push (self, 15, 30);
  await_frames (&early, 20);
  await_frames (&late, 15);

  leave (self, first);
  push (self, 30, 40);
  await_frames (&early, 30);
  await_frames (&late, 25);

  leave (self, second);
  push (self, 40, 55);
  /* Had anything been sent in between, it would be heard before this, of another sender. */
  guint32 former = early.source;
  early.packets = early.frames = 0;
  Client *third = join (self);
  await_frames (&early, 5);
  g_assert_cmpuint (early.source, !=, former);
  leave (self, third);
  close (early.fd);
  close (late.fd);
}

static void
assert_answer (char *answer, const char *begin)
{
  g_autofree char *text = answer;

  if (!g_str_has_prefix (text, begin))
    g_error ("%s", text);
}

static void
test_a_mount_is_for_one_or_for_a_group (Rig *self, gconstpointer data)
{
  Client *client = client_new (self->serving.directory);

  assert_answer (client_ask (client, "SETUP", "/group/stream=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
                 "RTSP/1.0 461 This is sent to a group: ask for multicast\r\n");
  assert_answer (client_ask (client, "SETUP", "/cam/stream=0", "Transport: " MULTICAST "\r\n"), "RTSP/1.0 461 ");
  client_free (client);
}

static void
test_what_was_asked_for_through_tls_is_not_sent_in_the_clear (Rig *self, gconstpointer data)
{
  int router;
  Client *client
      = client_new_with (self->serving.directory, "{\"address\":\"192.0.2.7\",\"port\":50312,\"tls\":true}", &router);

  assert_answer (client_ask (client, "DESCRIBE", "/group", ""),
                 "RTSP/1.0 461 What is sent to a group is not encrypted: ask without TLS\r\n");
  client_free (client);
  close (router);
}

static void
test_nobody_chooses_the_group (Rig *self, gconstpointer data)
{
  Client *client = client_new (self->serving.directory);

  client->transport = MULTICAST ";destination=239.9.9.9;port=6000-6001;ttl=200";
  client_play (client, "/group");
  g_assert_nonnull (strstr (client->set_up, "destination=" GROUP ";"));
  g_assert_nonnull (strstr (client->set_up, "port=5004-5005"));
  g_assert_nonnull (strstr (client->set_up, "ttl=1"));
  client_free (client);
}

static gboolean
order_end (Rig *self, gint64 number)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  g_autoptr (JsonObject) order = json_object_new ();

  g_ptr_array_add (outputs, self->output);
  json_object_set_int_member (order, "viewer", number);
  return output_orders_end_viewer (outputs, order, NULL);
}

static void
test_one_is_ended_and_the_group_goes_on (Rig *self, gconstpointer data)
{
  Ear ear = new_ear ();
  Client *first = join (self);
  g_autoptr (JsonNode) joined = reports_await (self->serving.reports, "viewerJoined");
  Client *second = join (self);

  g_assert_cmpstr (report_string (joined, "transport"), ==, "multicast");
  await_frames (&ear, 5);
  g_assert_true (order_end (self, report_int (joined, "viewer")));
  reports_run_until (client_has_ended, first);
  g_autoptr (JsonNode) left = reports_await (self->serving.reports, "viewerLeft");
  g_assert_cmpint (report_int (left, "viewer"), ==, report_int (joined, "viewer"));
  push (self, 15, 25);
  await_frames (&ear, 15);
  client_free (first);
  client_free (second);
  close (ear.fd);
}

static void
test_listeners_take_seats (Rig *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = settings (GROUP);
  Client *first = join (self);
  Client *second = new_client (self);

  json_object_set_int_member (json_node_get_object (node), "maxViewers", 1);
  g_assert_true (self->output->funcs->change (self->output, json_node_get_object (node), NULL));
  assert_answer (client_ask (second, "DESCRIBE", "/group", ""),
                 "RTSP/1.0 453 This stream has all the viewers that it may have\r\n");
  client_free (second);
  leave (self, first);
  Client *third = join (self);
  client_free (third);
}

static void
test_another_group_ends_those_of_the_former (Rig *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = settings ("239.1.2.4");
  Client *client = join (self);

  g_assert_true (self->output->funcs->change (self->output, json_node_get_object (node), NULL));
  reports_run_until (client_has_ended, client);
  client_free (client);
  Client *other = join (self);
  g_assert_nonnull (strstr (other->set_up, "destination=239.1.2.4;"));
  client_free (other);
}

int
main (int argc, char **argv)
{
  if (!far_network_enter (&far)) {
    g_print ("1..0 # SKIP networks of its own take rights, and ip\n");
    return 0;
  }
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/multicast/" path, Rig, NULL, set_up, function, tear_down)
  ADD ("all-hear-each-frame-once-while-one-listens", test_all_hear_each_frame_once_while_one_listens);
  ADD ("a-mount-is-for-one-or-for-a-group", test_a_mount_is_for_one_or_for_a_group);
  ADD ("what-was-asked-for-through-tls-is-not-sent-in-the-clear",
       test_what_was_asked_for_through_tls_is_not_sent_in_the_clear);
  ADD ("nobody-chooses-the-group", test_nobody_chooses_the_group);
  ADD ("one-is-ended-and-the-group-goes-on", test_one_is_ended_and_the_group_goes_on);
  ADD ("listeners-take-seats", test_listeners_take_seats);
  ADD ("another-group-ends-those-of-the-former", test_another_group_ends_those_of_the_former);
#undef ADD
  return g_test_run ();
}
