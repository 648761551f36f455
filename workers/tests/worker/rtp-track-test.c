/* What one medium makes of the packets that a camera sends for it. */
#include "rtp-track.h"

#include <string.h>

#define PAYLOAD_TYPE 96
#define MS ((gint64)GST_MSECOND)

typedef struct
{
  RtpClock *clock;
  RtpTrack *track;
  GstPad *sink;
  GArray *times; /* gint64, of the buffers that came out */
  GPtrArray *packets;
} Fixture;

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Fixture *self = gst_pad_get_element_private (pad);
  gint64 time = (gint64)GST_BUFFER_PTS (buffer);

  g_array_append_val (self->times, time);
  g_ptr_array_add (self->packets, buffer);
  return GST_FLOW_OK;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GstCaps) caps
      = gst_caps_from_string ("application/x-rtp,media=video,payload=96,clock-rate=90000,encoding-name=H264");

  self->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->packets = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  self->clock = rtp_clock_new (0);
  self->track = rtp_track_new (0, caps, self->clock);
  rtp_clock_add_track (self->clock, rtp_track_ticks_per_second (self->track));
  self->sink = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_element_private (self->sink, self);
  gst_pad_set_chain_function (self->sink, on_buffer);
  gst_pad_set_active (self->sink, TRUE);
  g_assert_cmpint (gst_pad_link (rtp_track_pad (self->track), self->sink), ==, GST_PAD_LINK_OK);
  rtp_track_begin (self->track);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  gst_pad_set_active (self->sink, FALSE);
  gst_object_unref (self->sink);
  rtp_track_free (self->track);
  rtp_clock_free (self->clock);
  g_array_unref (self->times);
  g_ptr_array_unref (self->packets);
}

static void
take (Fixture *self, guint16 sequence, guint32 rtp_time, guint32 ssrc, gint64 arrived_ms)
{
  guint8 packet[16] = { 0x80, PAYLOAD_TYPE, (guint8)(sequence >> 8), (guint8)sequence };

  for (guint i = 0; i < 4; i++) {
    packet[4 + i] = (guint8)(rtp_time >> (24 - 8 * i));
    packet[8 + i] = (guint8)(ssrc >> (24 - 8 * i));
  }
  rtp_track_take (self->track, packet, sizeof packet, 1000000 + arrived_ms * 1000);
}

/* FALSE when there was nothing to push. */
static gboolean
push (Fixture *self)
{
  gboolean has_packets = rtp_track_has_packets (self->track);

  rtp_track_push (self->track);
  return has_packets;
}

static gint64
step (Fixture *self, guint index)
{
  g_assert_cmpuint (index, <, self->times->len);
  return g_array_index (self->times, gint64, index) - g_array_index (self->times, gint64, 0);
}

static void
test_many_at_once (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    take (self, (guint16)(65533 + i), 3600 * i, 1, 0);
  g_assert_true (push (self));
  g_assert_false (push (self));
  g_assert_cmpint (step (self, 4), ==, 160 * MS);
  g_assert_cmpuint (rtp_track_take_lost (self->track), ==, 0);

  take (self, 4, 3600 * 7, 1, 0);
  g_assert_true (push (self));
  g_assert_cmpint (step (self, 5), ==, 280 * MS);
  g_assert_cmpuint (rtp_track_take_lost (self->track), ==, 2);
}

static void
take_bytes (Fixture *self, const char *bytes, gsize size)
{
  g_autofree guint8 *exact = g_memdup2 (bytes, size);

  rtp_track_take (self->track, exact, size, 1000000);
}

static guint
number (Fixture *self, guint index)
{
  guint8 bytes[2];

  gst_buffer_extract (g_ptr_array_index (self->packets, index), 2, bytes, sizeof bytes);
  return (guint)(bytes[0] << 8 | bytes[1]);
}

/* The depayloader is to see a gap where one was, and none where fragments became one packet. */
static void
test_numbers (Fixture *self, gconstpointer data)
{
  static const char sizes[] = { 18, 15, 15 };

  take_bytes (self,
              "\x80\x60\0\1\0\0\0\1\0\0\0\2\x7c\x85"
              "a",
              15);
  take_bytes (self,
              "\x80\x60\0\2\0\0\0\1\0\0\0\2\x7c\x05"
              "b",
              15);
  take_bytes (self,
              "\x80\x60\0\3\0\0\0\1\0\0\0\2\x7c\x05"
              "c",
              15);
  take_bytes (self,
              "\x80\x60\0\4\0\0\0\1\0\0\0\2\x7c\x45"
              "d",
              15);
  take_bytes (self,
              "\x80\x60\0\5\0\0\0\3\0\0\0\2\x41"
              "ee",
              15);
  take_bytes (self,
              "\x80\x60\0\7\0\0\0\5\0\0\0\2\x41"
              "gg",
              15);
  g_assert_true (push (self));
  g_assert_cmpuint (self->packets->len, ==, G_N_ELEMENTS (sizes));
  g_assert_cmpuint (rtp_track_take_lost (self->track), ==, 1);
  for (guint i = 0; i < self->packets->len; i++)
    g_assert_cmpuint (gst_buffer_get_size (g_ptr_array_index (self->packets, i)), ==, sizes[i]);
  g_assert_cmpuint (number (self, 0), ==, 1);
  g_assert_cmpuint (number (self, 1), ==, 2);
  g_assert_cmpuint (number (self, 2), ==, 4);
}

/* The sequence and the time stamps begin anew: nothing is lost, and time goes on. */
static void
test_another_sender (Fixture *self, gconstpointer data)
{
  take (self, 1, 1000, 1, 0);
  take (self, 500, 3000000000u, 2, 40);
  g_assert_true (push (self));
  g_assert_cmpint (step (self, 1), ==, 40 * MS);
  g_assert_cmpuint (rtp_track_take_lost (self->track), ==, 0);
}

#define TAKE(self, bytes) take_bytes (self, bytes, sizeof (bytes) - 1)

static void
test_what_is_not_taken (Fixture *self, gconstpointer data)
{
  TAKE (self, "");
  TAKE (self, "\x80\x60\0\1\0\0\0\0\0\0\0");           /* too short */
  TAKE (self, "\x40\x60\0\1\0\0\0\0\0\0\0\1");         /* another version */
  TAKE (self, "\x80\x61\0\1\0\0\0\0\0\0\0\1");         /* another payload type */
  TAKE (self, "\x8f\x60\0\1\0\0\0\0\0\0\0\1");         /* contributors that are not there */
  TAKE (self, "\x90\x60\0\1\0\0\0\0\0\0\0\1\0\0\0\1"); /* an extension that is not there */
  TAKE (self, "\xa0\x60\0\1\0\0\0\0\0\0\0\1ab\0\7");   /* more padding than packet */
  g_assert_false (push (self));

  TAKE (self, "\xb1\x60\0\1\0\0\0\0\0\0\0\1cccc\0\0\0\1eeee-\0\0\3"); /* all of it, and right */
  g_assert_true (push (self));
}

static void
test_reports (Fixture *self, gconstpointer data)
{
  const gint64 now = 100 * G_USEC_PER_SEC;
  guint8 bytes[RTP_CONTROL_MAX_SIZE];

  g_assert_cmpuint (rtp_track_report (self->track, bytes, now), ==, 0);
  take (self, 1, 0, 1, 0);
  gsize plain = rtp_track_report (self->track, bytes, now);
  g_assert_cmpuint (plain, >, 0);
  g_assert_cmpuint (rtp_track_report (self->track, bytes, now + 1), ==, 0);
  rtp_track_request_keyframe (self->track);
  g_assert_cmpuint (rtp_track_report (self->track, bytes, now + 2), >, plain);
  g_assert_cmpuint (rtp_track_report (self->track, bytes, now + 3), ==, 0);
  g_assert_cmpuint (rtp_track_report (self->track, bytes, now + 10 * G_USEC_PER_SEC), ==, plain);
}

static void
test_bye (Fixture *self, gconstpointer data)
{
  static const guint8 bye[] = { 0x81, 203, 0, 1, 0, 0, 0, 1 };

  g_assert_false (rtp_track_take_control (self->track, bye, sizeof bye, 1000000));
  take (self, 1, 0, 1, 0);
  g_assert_true (rtp_track_take_control (self->track, bye, sizeof bye, 1000000));
  take (self, 2, 0, 2, 0);
  g_assert_false (rtp_track_take_control (self->track, bye, sizeof bye, 1000000));
}

#define ADD(name, test) g_test_add ("/rtp-track/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("many-at-once", test_many_at_once);
  ADD ("numbers", test_numbers);
  ADD ("another-sender", test_another_sender);
  ADD ("what-is-not-taken", test_what_is_not_taken);
  ADD ("reports", test_reports);
  ADD ("bye", test_bye);
  return g_test_run ();
}
