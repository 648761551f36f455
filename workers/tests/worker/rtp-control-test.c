/* What is said to a sender of RTP, and what it says. */
#include "rtp-control.h"

#include <gst/gst.h>
#include <string.h>

#define SSRC 0x11223344u

static void
test_losses_are_counted (void)
{
  RtpStats stats = { 0 };

  g_assert_cmpuint (rtp_stats_count (&stats, 65534, 0, 0), ==, 0);
  g_assert_cmpuint (rtp_stats_count (&stats, 65535, 0, 0), ==, 0);
  g_assert_cmpuint (rtp_stats_count (&stats, 2, 0, 0), ==, 2);
  g_assert_cmpuint (rtp_stats_count (&stats, 2, 0, 0), ==, 0);

  RtpReception reception = rtp_stats_report (&stats);
  g_assert_cmpuint (reception.highest, ==, 65538);
  g_assert_cmpint (reception.lost, ==, 1);
  g_assert_cmpuint (reception.fraction_lost, ==, 256 / 5);

  g_assert_cmpuint (rtp_stats_count (&stats, 3, 0, 0), ==, 0);
  g_assert_cmpuint (rtp_stats_report (&stats).fraction_lost, ==, 0);
}

static void
test_a_new_count_is_no_loss (void)
{
  RtpStats stats = { 0 };

  rtp_stats_count (&stats, 100, 0, 0);
  g_assert_cmpuint (rtp_stats_count (&stats, 40000, 0, 0), ==, 0);
  g_assert_cmpint (rtp_stats_report (&stats).lost, ==, 0);
}

static void
test_receiver_report (void)
{
  const RtpReceiverReport report = {
    .own_ssrc = 7,
    .ssrc = SSRC,
    .reception = { .fraction_lost = 3, .lost = -2, .highest = 70000, .jitter = 9 },
    .last_report = 5,
    .delay = 6,
    .request = RTP_REQUEST_PLI,
  };
  guint8 bytes[RTP_CONTROL_MAX_SIZE];
  gsize size = rtp_control_write (bytes, &report);
  static const guint8 expected[] = {
    0x81, 201, 0,    7,    0, 0, 0, 7, 0x11, 0x22, 0x33, 0x44, 3,   0xff, 0xff, 0xfe,
    0,    1,   0x11, 0x70, 0, 0, 0, 9, 0,    0,    0,    5,    0,   0,    0,    6, /* receiver report */
    0x81, 202, 0,    3,    0, 0, 0, 7, 1,    5,    'd',  's',  'l', 'r',  's',  0, /* source description */
    0x81, 206, 0,    2,    0, 0, 0, 7, 0x11, 0x22, 0x33, 0x44,                     /* picture loss */
  };

  g_assert_cmpmem (bytes, size, expected, sizeof expected);
}

static void
test_full_intra_request (void)
{
  const RtpReceiverReport report = { .own_ssrc = 7, .ssrc = SSRC, .request = RTP_REQUEST_FIR, .request_number = 4 };
  guint8 bytes[RTP_CONTROL_MAX_SIZE];
  gsize size = rtp_control_write (bytes, &report);
  static const guint8 expected[] = { 0x84, 206, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0x11, 0x22, 0x33, 0x44, 4, 0, 0, 0 };

  g_assert_cmpmem (bytes + size - sizeof expected, sizeof expected, expected, sizeof expected);
}

static const guint8 from_sender[] = {
  0x80, 200, 0, 6, 0x11, 0x22, 0x33, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, /* report */
  0x81, 203, 0, 1, 0x11, 0x22, 0x33, 0x44                                                              /* BYE */
};

static void
test_sender_report (void)
{
  const guint32 ssrc = SSRC;
  const guint32 other = SSRC + 1;
  RtpSenderNews news = rtp_control_read (from_sender, sizeof from_sender, &ssrc);

  g_assert_true (news.has_report);
  g_assert_cmphex (news.ntp_time, ==, G_GUINT64_CONSTANT (0x0102030405060708));
  g_assert_cmpuint (news.rtp_time, ==, 9);
  g_assert_true (news.is_bye);

  news = rtp_control_read (from_sender, sizeof from_sender, &other);
  g_assert_false (news.has_report);
  g_assert_false (news.is_bye);
  g_assert_true (rtp_control_read (from_sender, sizeof from_sender, NULL).has_report);
}

static void
test_damaged_packets (void)
{
  for (gsize size = 0; size < sizeof from_sender; size++) {
    g_autofree guint8 *part = g_memdup2 (from_sender, size);
    g_assert_false (rtp_control_read (part, size, NULL).is_bye);
  }
  for (guint round = 0; round < 3000; round++) {
    g_autofree guint8 *bytes = g_memdup2 (from_sender, sizeof from_sender);
    for (gint flaws = g_test_rand_int_range (1, 6); flaws > 0; flaws--)
      bytes[g_test_rand_int_range (0, sizeof from_sender)] = (guint8)g_test_rand_int ();
    rtp_control_read (bytes, sizeof from_sender, NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-control/losses-are-counted", test_losses_are_counted);
  g_test_add_func ("/rtp-control/a-new-count-is-no-loss", test_a_new_count_is_no_loss);
  g_test_add_func ("/rtp-control/receiver-report", test_receiver_report);
  g_test_add_func ("/rtp-control/full-intra-request", test_full_intra_request);
  g_test_add_func ("/rtp-control/sender-report", test_sender_report);
  g_test_add_func ("/rtp-control/damaged-packets", test_damaged_packets);
  return g_test_run ();
}
