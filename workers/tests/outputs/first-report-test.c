/* The sender reports that a viewer is given before its first packets, and what they say of the time. */
#include "rtp-bytes.h"
#include "serving.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SENDER_REPORT 200
#define TRACKS 2
/* How long a viewer comes after the picture it begins with, so that a time that is not the picture's is wrong. */
#define LATE_BY (300 * GST_MSECOND)
#define VIEWERS 10
/* The clocks are read one after the other, and a thread may be put aside in between. */
#define TOLERANCE_US (100 * 1000)

static const guint clock_rates[TRACKS] = { 90000, 48000 };

typedef struct
{
  Hub *hub;
  GstClockTime first;
} Age;

static gboolean
is_late (gpointer user_data)
{
  const Age *age = user_data;

  return hub_now (age->hub) > age->first + LATE_BY;
}

static void
note_first_time (const HubFrame *frame, gpointer user_data)
{
  Age *age = user_data;

  if (age->first == GST_CLOCK_TIME_NONE)
    age->first = GST_BUFFER_PTS (frame->buffer);
}

static void
begin (Serving *self)
{
  static const HubSinkFuncs funcs = { .frame = note_first_time };
  Age age = { .hub = self->hub, .first = GST_CLOCK_TIME_NONE };

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  guint sink = hub_attach (self->hub, &funcs, &age, HUB_REPLAY_GOP, NULL);
  hub_detach (self->hub, sink);
  reports_run_until (is_late, &age);
}

static void
set_up (Client *client, const char *track, const char *transport)
{
  g_autofree char *path = g_strconcat ("/cam/", track, NULL);
  g_autofree char *headers
      = g_strdup_printf ("Transport: %s\r\n%s", transport, client->session != NULL ? client->session : "");
  g_autofree char *answer = client_ask (client, "SETUP", path, headers);
  const char *session = strstr (answer, "Session: ");

  g_assert_nonnull (session);
  g_free (client->session);
  client->session = g_strdup_printf ("%.*s\r\n", (int)strcspn (session, ";\r"), session);
}

static void
play (Client *client)
{
  client->playing = client_ask (client, "PLAY", "/cam", client->session);
  g_assert_nonnull (strstr (client->playing, " 200 "));
}

/* When a frame with this time stamp was taken, by a report: microseconds since 1900. */
static gint64
taken_us (const guint8 *report, guint32 rtp_time, guint track)
{
  gint64 ntp_us = (gint64)rtp_read_32 (report + 8) * G_USEC_PER_SEC
                  + (gint64)((guint64)rtp_read_32 (report + 12) * G_USEC_PER_SEC >> 32);
  gint64 ticks = (gint32)(rtp_read_32 (report + 16) - rtp_time);

  return ntp_us - ticks * G_USEC_PER_SEC / clock_rates[track];
}

static guint32
rtp_info_time (const Client *client, guint track)
{
  g_autofree char *stream = g_strdup_printf ("stream=%u;", track);

  return (guint32)strtoul (strstr (strstr (client->playing, stream), "rtptime=") + strlen ("rtptime="), NULL, 10);
}

static void
assert_same_time (gint64 one_us, gint64 other_us)
{
  gint64 apart_us = one_us - other_us;

  g_assert_cmpint (ABS (apart_us), <, TOLERANCE_US);
}

static void
assert_first_report (const guint8 *report)
{
  g_assert_cmpuint (report[1], ==, SENDER_REPORT);
  /* Packets and bytes sent until then. */
  g_assert_cmpuint (rtp_read_32 (report + 20), ==, 0);
  g_assert_cmpuint (rtp_read_32 (report + 24), ==, 0);
}

/* ---- TCP ---- */

/* Packet `number` of those on these channels that have come whole; its channel in `channel`. */
static const guint8 *
packet_on (Client *client, guint first_channel, guint last_channel, guint number, guint *channel)
{
  const guint8 *data = client->received->data;
  guint length = 0;

  for (guint at = 0; at + 4 <= client->received->len && data[at] == '$'; at += 4 + length) {
    length = rtp_read_16 (data + at + 2);
    *channel = data[at + 1];
    if (at + 4 + length > client->received->len)
      return NULL;
    if (*channel >= first_channel && *channel <= last_channel && number-- == 0)
      return data + at + 4;
  }
  return NULL;
}

static gboolean
has_packets_and_reports (gpointer user_data)
{
  Client *client = user_data;
  gboolean has_all = TRUE;
  guint channel = 0;

  client_read (client);
  for (guint track = 0; track < TRACKS; track++)
    has_all &= packet_on (client, 2 * track, 2 * track, 0, &channel) != NULL
               && packet_on (client, 2 * track + 1, 2 * track + 1, 1, &channel) != NULL;
  return has_all;
}

static Client *
play_over_tcp (Serving *self)
{
  Client *client = client_new (self->directory);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");

  set_up (client, "stream=0", "RTP/AVP/TCP;unicast;interleaved=0-1");
  set_up (client, "stream=1", "RTP/AVP/TCP;unicast;interleaved=2-3");
  play (client);
  return client;
}

static void
test_reports_lead_over_tcp (Serving *self, gconstpointer data)
{
  guint channel = 0;

  begin (self);
  Client *client = play_over_tcp (self);
  reports_run_until (has_packets_and_reports, client);
  gint64 beginning_us = 0;
  for (guint track = 0; track < TRACKS; track++) {
    const guint8 *first = packet_on (client, 2 * track, 2 * track + 1, 0, &channel);
    g_assert_cmpuint (channel, ==, 2 * track + 1);
    assert_first_report (first);
    const guint8 *second = packet_on (client, 2 * track + 1, 2 * track + 1, 1, &channel);
    const guint8 *packet = packet_on (client, 2 * track, 2 * track, 0, &channel);
    g_assert_cmpuint (rtp_read_32 (first + 4), ==, rtp_read_32 (packet + 8));
    g_assert_cmpuint (second[1], ==, SENDER_REPORT);
    guint32 rtp_time = rtp_read_32 (packet + 4);
    assert_same_time (taken_us (first, rtp_time, track), taken_us (second, rtp_time, track));
    /* Both begin at the same time of the presentation. */
    gint64 info_us = taken_us (first, rtp_info_time (client, track), track);
    if (track > 0)
      assert_same_time (info_us, beginning_us);
    beginning_us = info_us;
  }
  client_free (client);
}

static gboolean
has_packets (gpointer user_data)
{
  guint channel = 0;

  client_read (user_data);
  return packet_on (user_data, 0, 0, 0, &channel) != NULL && packet_on (user_data, 2, 2, 0, &channel) != NULL;
}

static void
count_warnings (GstDebugCategory *category, GstDebugLevel level, const gchar *file, const gchar *function, gint line,
                GObject *object, GstDebugMessage *message, gpointer user_data)
{
  if (level == GST_LEVEL_WARNING && g_str_equal (gst_debug_category_get_name (category), "rtpsession"))
    g_atomic_int_inc ((gint *)user_data);
}

/* A report goes by the last packet before it, and is wrong by seconds where the RTP session does not know when that was
 * taken. Whether it is the last is chance; but the session warns of each. */
static void
test_every_packet_has_its_time (Serving *self, gconstpointer data)
{
  gint warnings = 0;

  clip_begin (self->clip, self->hub, 1);
  gst_debug_set_threshold_for_name ("rtpsession", GST_LEVEL_WARNING);
  gst_debug_add_log_function (count_warnings, &warnings, NULL);
  for (guint i = 0; i < VIEWERS; i++) {
    clip_push (self->clip, self->hub, 1, i * CLIP_GOP, (i + 1) * CLIP_GOP, TRUE);
    Client *client = play_over_tcp (self);
    reports_run_until (has_packets, client);
    client_free (client);
  }
  gst_debug_remove_log_function_by_data (&warnings);
  gst_debug_unset_threshold_for_name ("rtpsession");
  g_assert_cmpint (g_atomic_int_get (&warnings), ==, 0);
}

/* ---- UDP ---- */

typedef struct
{
  int fd;
  guint8 packet[1500];
} Ear;

static guint
open_port (Ear *self)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  self->fd = socket (AF_INET, SOCK_DGRAM, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (getsockname (self->fd, (struct sockaddr *)&address, &length), ==, 0);
  return ntohs (address.sin_port);
}

static gboolean
has_heard (gpointer user_data)
{
  Ear *self = user_data;

  return recv (self->fd, self->packet, sizeof self->packet, MSG_DONTWAIT) > 0;
}

static void
test_reports_lead_over_udp (Serving *self, gconstpointer data)
{
  Ear ears[TRACKS][2];
  int router;

  begin (self);
  Client *client = client_new_with (self->directory, "{\"address\":\"127.0.0.1\",\"port\":50312}", &router);
  g_autofree char *sdp = client_ask (client, "DESCRIBE", "/cam", "");
  for (guint track = 0; track < TRACKS; track++) {
    g_autofree char *stream = g_strdup_printf ("stream=%u", track);
    guint rtp_port = open_port (&ears[track][0]);
    g_autofree char *transport
        = g_strdup_printf ("RTP/AVP;unicast;client_port=%u-%u", rtp_port, open_port (&ears[track][1]));
    set_up (client, stream, transport);
  }
  play (client);
  for (guint track = 0; track < TRACKS; track++) {
    const guint8 *packet = ears[track][0].packet;
    const guint8 *report = ears[track][1].packet;
    reports_run_until (has_heard, &ears[track][0]);
    reports_run_until (has_heard, &ears[track][1]);
    assert_first_report (report);
    g_assert_cmpuint (rtp_read_32 (report + 4), ==, rtp_read_32 (packet + 8));
    guint32 rtp_time = rtp_read_32 (packet + 4);
    gint64 first_us = taken_us (report, rtp_time, track);
    reports_run_until (has_heard, &ears[track][1]);
    g_assert_cmpuint (report[1], ==, SENDER_REPORT);
    assert_same_time (first_us, taken_us (report, rtp_time, track));
    close (ears[track][0].fd);
    close (ears[track][1].fd);
  }
  close (router);
  client_free (client);
}

#define ADD(path, function)                                                                                            \
  g_test_add ("/first-report/" path, Serving, NULL, serving_set_up, function, serving_tear_down)

/* All threads take turns on one core, where what is not waited for often comes late. */
static void
use_one_core (void)
{
  cpu_set_t cores;

  CPU_ZERO (&cores);
  CPU_SET (sched_getcpu (), &cores);
  g_assert_cmpint (sched_setaffinity (0, sizeof cores, &cores), ==, 0);
}

int
main (int argc, char **argv)
{
  use_one_core ();
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  ADD ("reports-lead-over-tcp", test_reports_lead_over_tcp);
  ADD ("every-packet-has-its-time", test_every_packet_has_its_time);
  ADD ("reports-lead-over-udp", test_reports_lead_over_udp);
  return g_test_run ();
}
