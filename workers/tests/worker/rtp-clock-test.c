/* Times of RTP packets: exact steps, wraps, and sound against picture. */
#include "rtp-clock.h"

#define MS ((gint64)GST_MSECOND)
#define VIDEO 0
#define SOUND 1

static RtpClock *
clock_new (void)
{
  RtpClock *clock = rtp_clock_new (VIDEO);

  rtp_clock_add_track (clock, 90000);
  rtp_clock_add_track (clock, 8000);
  return clock;
}

static gint64
time_of (RtpClock *clock, guint track, guint32 rtp_time, gint64 arrived_ms)
{
  return (gint64)rtp_clock_time (clock, track, rtp_time, 1000000 + arrived_ms * 1000);
}

static void
report (RtpClock *clock, guint track, gint64 ntp_ms, guint32 rtp_time)
{
  guint64 seconds = G_GUINT64_CONSTANT (3900000000) + (guint64)(ntp_ms / 1000);

  rtp_clock_report (clock, track, seconds << 32 | (guint64)(ntp_ms % 1000) * 4294967296 / 1000, rtp_time);
}

/* Late or early arrival changes nothing, nor does the end of the 32 bits. */
static void
test_steps_are_the_cameras_own (void)
{
  g_autoptr (RtpClock) clock = clock_new ();
  guint32 rtp_time = G_MAXUINT32 - 5 * 3600;
  gint64 first = time_of (clock, VIDEO, rtp_time, 0);

  for (gint64 i = 1; i < 20; i++)
    g_assert_cmpint (time_of (clock, VIDEO, rtp_time + (guint32)i * 3600, i * 40 + g_test_rand_int_range (0, 200)), ==,
                     first + i * 40 * MS);
}

static void
test_reordered_frames (void)
{
  g_autoptr (RtpClock) clock = clock_new ();
  guint32 rtp_time = 1000;
  gint64 first = time_of (clock, VIDEO, rtp_time, 0);

  g_assert_cmpint (time_of (clock, VIDEO, rtp_time + 3 * 3600, 40), ==, first + 120 * MS);
  g_assert_cmpint (time_of (clock, VIDEO, rtp_time - 3600, 80), ==, first - 40 * MS);
  g_assert_cmpint (time_of (clock, VIDEO, rtp_time + 2 * 3600, 120), ==, first + 80 * MS);
}

static void
test_named_starts (void)
{
  g_autoptr (RtpClock) clock = clock_new ();

  rtp_clock_set_start (clock, VIDEO, 90000);
  rtp_clock_set_start (clock, SOUND, G_MAXUINT32 - 799);
  gint64 video = time_of (clock, VIDEO, 90000 + 9000, 0);
  gint64 sound = time_of (clock, SOUND, 0, 250);
  g_assert_cmpint (video, ==, sound);
}

static void
test_starts_that_are_made_up (void)
{
  g_autoptr (RtpClock) clock = clock_new ();

  rtp_clock_set_start (clock, VIDEO, 0);
  rtp_clock_set_start (clock, SOUND, 0);
  gint64 video = time_of (clock, VIDEO, 3000000000u, 0);
  gint64 sound = time_of (clock, SOUND, 2000000000u, 70);
  g_assert_cmpint (sound - video, ==, 70 * MS);
}

static void
test_reports_align (void)
{
  g_autoptr (RtpClock) clock = clock_new ();
  gint64 video = time_of (clock, VIDEO, 9000, 0);
  gint64 sound = time_of (clock, SOUND, 8000, 0);

  /* Both first packets came at once, but the sound is 300 ms older. */
  report (clock, SOUND, 5000, 8000);
  g_assert_cmpint (time_of (clock, SOUND, 8160, 20), ==, sound + 20 * MS);
  report (clock, VIDEO, 5300, 9000);
  g_assert_cmpint (ABS (time_of (clock, SOUND, 8320, 40) - (sound - 260 * MS)), <, MS / 1000);
  g_assert_cmpint (time_of (clock, VIDEO, 9000 + 3600, 40), ==, video + 40 * MS);
}

/* Reports are as exact as the camera's scheduler: small differences make no steps in the sound, bogus clocks none. */
static void
test_reports_that_do_not_matter (void)
{
  g_autoptr (RtpClock) clock = clock_new ();
  gint64 sound = time_of (clock, SOUND, 8000, 0);

  time_of (clock, VIDEO, 9000, 0);
  report (clock, VIDEO, 5000, 9000);
  report (clock, SOUND, 5003, 8000);
  g_assert_cmpint (time_of (clock, SOUND, 8160, 20), ==, sound + 20 * MS);
  report (clock, SOUND, 5050, 8160);
  g_assert_cmpint (time_of (clock, SOUND, 8320, 40), ==, sound + 40 * MS);
  report (clock, SOUND, 3600000, 8320);
  g_assert_cmpint (time_of (clock, SOUND, 8480, 60), ==, sound + 60 * MS);
  rtp_clock_report (clock, SOUND, 0, 0);
  g_assert_cmpint (time_of (clock, SOUND, 8640, 80), ==, sound + 80 * MS);
}

/* A camera that begins anew within the session goes on where it was, by the time that passed here. */
static void
test_another_sender (void)
{
  g_autoptr (RtpClock) clock = clock_new ();
  gint64 first = time_of (clock, VIDEO, 9000, 0);

  rtp_clock_restart (clock, VIDEO);
  g_assert_cmpint (time_of (clock, VIDEO, 3000000000u, 100), ==, first + 100 * MS);
  g_assert_cmpint (time_of (clock, VIDEO, 3000003600u, 170), ==, first + 140 * MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-clock/steps-are-the-cameras-own", test_steps_are_the_cameras_own);
  g_test_add_func ("/rtp-clock/reordered-frames", test_reordered_frames);
  g_test_add_func ("/rtp-clock/named-starts", test_named_starts);
  g_test_add_func ("/rtp-clock/starts-that-are-made-up", test_starts_that_are_made_up);
  g_test_add_func ("/rtp-clock/reports-align", test_reports_align);
  g_test_add_func ("/rtp-clock/reports-that-do-not-matter", test_reports_that_do_not_matter);
  g_test_add_func ("/rtp-clock/another-sender", test_another_sender);
  return g_test_run ();
}
