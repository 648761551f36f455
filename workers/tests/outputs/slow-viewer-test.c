/* What becomes of a viewer whose line is too slow: real sockets that are not read, and reports of losses. */
#include "live.h"
#include "rtp-bytes.h"
#include "serving.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static Client *
new_slow_client (Serving *self)
{
  Client *client = client_new (self->directory);
  int size = 32 * 1024;

  setsockopt (client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  client_play (client, "/cam");
  return client;
}

static guint64
dropped (Serving *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  self->server->funcs->stats (self->server, builder);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) stats = json_builder_get_root (builder);
  return (guint64)report_int (stats, "framesDropped");
}

typedef struct
{
  Serving *serving;
  Client *reader;
  guint64 dropped;
} Waiting;

static gboolean
has_dropped (gpointer user_data)
{
  Waiting *waiting = user_data;

  client_read (waiting->reader);
  return dropped (waiting->serving) >= waiting->dropped;
}

static void
test_a_slow_viewer_gets_less_and_hurts_nobody (Serving *self, gconstpointer data)
{
  Live live;

  live_begin_h264 (&live, self->hub, 320, 1);
  Client *slow = new_slow_client (self);
  Client *reader = client_new (self->directory);
  client_play (reader, "/cam");
  Waiting waiting = { .serving = self, .reader = reader, .dropped = 20 };
  reports_run_until (has_dropped, &waiting);

  /* It comes back and gets pictures again; the other one has lost none. */
  guint before = client_count_frames (slow);
  client_await_frames (slow, before + 12);
  guint frames = client_count_frames (reader);
  g_assert_cmpuint (frames, >, 25);
  for (guint i = 1; i < frames; i++)
    g_assert_cmpint (client_frame_time (reader, i) - client_frame_time (reader, i - 1), ==, 3600);
  client_free (reader);
  client_free (slow);
  live_end (&live);
}

static void
test_a_viewer_that_takes_nothing_is_ended (Serving *self, gconstpointer data)
{
  g_autoptr (JsonNode) impatient
      = json_from_string ("{\"id\":\"rtsp\",\"kind\":\"rtsp\",\"mount\":\"/cam\",\"slowViewerMs\":1000}", NULL);
  Live live;

  live_begin_h264 (&live, self->hub, 320, 1);
  Client *slow = new_slow_client (self);
  g_assert_true (self->server->funcs->change (self->server, json_node_get_object (impatient), NULL));
  g_autoptr (JsonNode) left = reports_await (self->reports, "viewerLeft");
  g_assert_cmpint (report_int (left, "viewer"), ==, 1);
  client_free (slow);
  live_end (&live);
}

/* A receiver of RTP over UDP that reports on what it does not get. */
typedef struct
{
  Serving *serving;
  Client *client;
  int rtp;
  int rtcp;
  struct sockaddr_in server; /* of its RTCP */
  guint32 ssrc;
  guint32 highest;
  guint source;
} Receiver;

static int
bind_udp (guint *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_DGRAM, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *)&address, &length), ==, 0);
  *port = ntohs (address.sin_port);
  return fd;
}

/* Every second packet of a thousand is lost. */
static gboolean
send_bad_report (gpointer user_data)
{
  Receiver *self = user_data;
  guint8 report[32] = { 0x81, 201, 0, 7, 0, 0, 0, 9 };

  self->highest += 1000;
  rtp_write_32 (report + 8, self->ssrc);
  rtp_write_32 (report + 12, 128u << 24 | self->highest / 2);
  rtp_write_32 (report + 16, self->highest);
  sendto (self->rtcp, report, sizeof report, 0, (struct sockaddr *)&self->server, sizeof self->server);
  return G_SOURCE_CONTINUE;
}

static void
receiver_begin (Receiver *self, Serving *serving)
{
  guint ports[2];

  self->serving = serving;
  self->rtp = bind_udp (&ports[0]);
  self->rtcp = bind_udp (&ports[1]);
  self->client = client_new (serving->directory);
  g_autofree char *transport = g_strdup_printf ("RTP/AVP;unicast;client_port=%u-%u", ports[0], ports[1]);
  self->client->transport = transport;
  client_play (self->client, "/cam");
  const char *port = strchr (strstr (self->client->set_up, "server_port="), '-') + 1;
  const char *ssrc = strstr (self->client->set_up, "ssrc=") + strlen ("ssrc=");
  self->ssrc = (guint32)g_ascii_strtoull (ssrc, NULL, 16);
  self->server = (struct sockaddr_in){ .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                                       .sin_port = htons ((guint16)g_ascii_strtoull (port, NULL, 10)) };
  self->source = g_timeout_add (100, send_bad_report, self);
}

static void
receiver_end (Receiver *self)
{
  g_source_remove (self->source);
  client_free (self->client);
  close (self->rtp);
  close (self->rtcp);
}

static gboolean
has_dropped_any (gpointer serving)
{
  return dropped (serving) > 0;
}

static void
test_reports_of_losses_take_a_viewer_down (Serving *self, gconstpointer data)
{
  Receiver receiver = { 0 };
  Live live;

  live_begin_h264 (&live, self->hub, 320, 1);
  receiver_begin (&receiver, self);
  reports_run_until (has_dropped_any, self);
  receiver_end (&receiver);
  live_end (&live);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function)                                                                                            \
  g_test_add ("/slow-viewer/" path, Serving, NULL, serving_set_up, function, serving_tear_down)
  ADD ("gets-less-and-hurts-nobody", test_a_slow_viewer_gets_less_and_hurts_nobody);
  ADD ("goes-down-for-losses", test_reports_of_losses_take_a_viewer_down);
  ADD ("that-takes-nothing-is-ended", test_a_viewer_that_takes_nothing_is_ended);
#undef ADD
  return g_test_run ();
}
