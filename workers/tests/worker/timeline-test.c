/* The hub's clock: decode times, continuity over lives, leaps of the source's clock. */
#include "hub.h"
#include "timeline.h"

#define MS ((gint64)GST_MSECOND)
#define FRAME (40 * MS)

typedef struct
{
  gint64 pts;
  gint64 dts;
  TimesNews news;
  gint64 leap;
} Stamp;

static GstCaps *
h264 (const char *profile)
{
  return gst_caps_new_simple ("video/x-h264", "profile", G_TYPE_STRING, profile, "framerate", GST_TYPE_FRACTION, 25, 1,
                              NULL);
}

static Stamp
stamp_track (Timeline *timeline, guint track, GstCaps *caps, gint64 pts, gint64 dts, gint64 now)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  TimesNews news = TIMES_FINE;
  gint64 leap = 0;

  news = timeline_stamp (timeline, track, caps, buffer, pts, dts, (GstClockTime)now, &leap);
  g_assert_true (GST_BUFFER_DURATION_IS_VALID (buffer));
  return (Stamp){ (gint64)GST_BUFFER_PTS (buffer), (gint64)GST_BUFFER_DTS (buffer), news, leap };
}

static Stamp
stamp (Timeline *timeline, GstCaps *caps, gint64 pts, gint64 now)
{
  return stamp_track (timeline, 0, caps, pts, HUB_NO_TIME, now);
}

/* IBBP without decode times, as RTP brings it: decode times rise and, once the stream has shown its reordering, none
 * lies after its frame's presentation time. */
static void
test_reordering (void)
{
  static const gint64 order[] = { 0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14 };
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = h264 ("main");
  gint64 last = -1;

  timeline_begin_life (timeline, 1, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++) {
    Stamp got = stamp (timeline, caps, order[i] * FRAME, (gint64)(1 * GST_SECOND + i * FRAME));
    g_assert_cmpint (got.dts, >, last);
    g_assert_cmpint (got.dts, <=, got.pts);
    last = got.dts;
  }
  timeline_free (timeline);
}

static void
test_no_reordering_is_not_delayed (void)
{
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = h264 ("constrained-baseline");

  timeline_begin_life (timeline, 1, 0);
  for (gint64 i = 0; i < 10; i++) {
    Stamp got = stamp (timeline, caps, i * FRAME, (gint64)GST_SECOND + i * FRAME);
    g_assert_cmpint (got.dts, ==, got.pts);
  }
  timeline_free (timeline);
}

/* A new life goes on now, after what was, whatever its own clock says; sound and picture keep their distance. */
static void
test_lives_are_continuous (void)
{
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) video = h264 ("constrained-baseline");
  g_autoptr (GstCaps) audio = gst_caps_new_empty_simple ("audio/mpeg");

  timeline_begin_life (timeline, 2, 0);
  Stamp first = stamp (timeline, video, 1000 * MS, 2000 * MS);
  g_assert_cmpint (first.pts, ==, 2000 * MS);
  Stamp last = stamp (timeline, video, 1040 * MS, 2040 * MS);
  g_assert_cmpint (last.pts, ==, 2040 * MS);

  timeline_begin_life (timeline, 2, 0);
  Stamp again = stamp (timeline, video, 0, 5000 * MS);
  g_assert_cmpint (again.pts, ==, 5000 * MS);
  Stamp sound = stamp_track (timeline, 1, audio, 10 * MS, HUB_NO_TIME, 5001 * MS);
  g_assert_cmpint (sound.pts, ==, 5010 * MS);

  timeline_begin_life (timeline, 2, 0);
  Stamp at_once = stamp (timeline, video, 77 * MS, 5010 * MS);
  g_assert_cmpint (at_once.pts, >=, 5040 * MS);
  timeline_free (timeline);
}

/* Hours ahead, half an hour back, a counter of 32 bits at 90 kHz that wraps. */
static void
test_leaps_are_taken_out (void)
{
  const gint64 hour = 3600 * (gint64)GST_SECOND;
  const gint64 wrap = (gint64)gst_util_uint64_scale (G_MAXUINT32, GST_SECOND, 90000);
  const gint64 leaps[] = { 30 * hour, -hour / 2, -wrap };
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = h264 ("constrained-baseline");
  gint64 source = hour;
  gint64 now = (gint64)GST_SECOND;

  timeline_begin_life (timeline, 1, 0);
  Stamp last = stamp (timeline, caps, source, now);
  for (gsize i = 0; i < G_N_ELEMENTS (leaps); i++) {
    source += leaps[i];
    now += FRAME;
    Stamp got = stamp (timeline, caps, source, now);
    g_assert_cmpint (got.news, ==, TIMES_LEAPT);
    g_assert_cmpint (got.leap, ==, leaps[i]);
    g_assert_cmpint (got.pts, ==, last.pts + FRAME);
    g_assert_cmpint (got.dts, >, last.dts);
    source += FRAME;
    now += FRAME;
    last = stamp (timeline, caps, source, now);
    g_assert_cmpint (last.news, ==, TIMES_FINE);
    g_assert_cmpint (last.pts, ==, got.pts + FRAME);
  }
  timeline_free (timeline);
}

/* Picture and sound of a camera whose clock leaps: the frames with the old times that still come in between keep their
 * place, and afterwards both are as far apart as ever. One leap is told once. */
static void
test_a_leap_keeps_sound_and_picture_together (void)
{
  const gint64 leaps[] = { 3600 * (gint64)GST_SECOND, -1800 * (gint64)GST_SECOND };

  for (gsize i = 0; i < G_N_ELEMENTS (leaps); i++) {
    Timeline *timeline = timeline_new ();
    g_autoptr (GstCaps) video = h264 ("constrained-baseline");
    g_autoptr (GstCaps) audio = gst_caps_new_empty_simple ("audio/x-alaw");
    gint64 source = 7200 * (gint64)GST_SECOND;
    gint64 now = (gint64)GST_SECOND;
    guint told = 0;

    timeline_begin_life (timeline, 2, 0);
    for (gint64 n = 0; n < 40; n++) {
      gint64 at = n * FRAME;
      Stamp picture = stamp (timeline, video, source + at + (n >= 10 ? leaps[i] : 0), now + at);
      Stamp sound
          = stamp_track (timeline, 1, audio, source + at + 5 * MS + (n >= 14 ? leaps[i] : 0), HUB_NO_TIME, now + at);
      told += (picture.news != TIMES_FINE) + (sound.news != TIMES_FINE);
      g_assert_cmpint (picture.pts, ==, now + at);
      g_assert_cmpint (sound.pts, ==, now + at + 5 * MS);
    }
    g_assert_cmpuint (told, ==, 1);
    timeline_free (timeline);
  }
}

/* Only the picture's clock leaps. */
static void
test_tracks_may_have_different_clocks (void)
{
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) video = h264 ("constrained-baseline");
  g_autoptr (GstCaps) audio = gst_caps_new_empty_simple ("audio/x-alaw");
  const gint64 hour = 3600 * (gint64)GST_SECOND;
  gint64 now = (gint64)GST_SECOND;

  timeline_begin_life (timeline, 2, 0);
  for (gint64 n = 0; n < 100; n++) {
    gint64 at = n * FRAME;
    Stamp picture = stamp (timeline, video, at + (n >= 10 ? hour : 0), now + at);
    Stamp sound = stamp_track (timeline, 1, audio, 9 * hour + at, HUB_NO_TIME, now + at);
    g_assert_cmpint (picture.pts, ==, now + at);
    g_assert_cmpint (sound.pts, ==, now + at);
  }
  timeline_free (timeline);
}

/* Less than what counts as a leap at once, and more than any reordering. */
static void
test_a_clock_set_back_a_little (void)
{
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = h264 ("main");
  gint64 back = 0;
  guint told = 0;
  Stamp got = { .dts = -1 };

  timeline_begin_life (timeline, 1, 0);
  for (gint64 n = 0; n < 200; n++) {
    if (n == 100)
      back = -900 * MS;
    gint64 last = got.dts;
    got = stamp (timeline, caps, n * (FRAME / 2) + back, (gint64)GST_SECOND + n * (FRAME / 2));
    told += got.news == TIMES_LEAPT;
    g_assert_cmpint (got.news, !=, TIMES_USELESS);
    g_assert_cmpint (got.dts, >, last);
  }
  g_assert_cmpuint (told, ==, 1);
  g_assert_cmpint (got.pts, >=, (gint64)GST_SECOND + 199 * (FRAME / 2));
  timeline_free (timeline);
}

typedef gint64 (*Nonsense) (gint64 n);

static gint64
standing (gint64 n)
{
  return 5 * MS;
}

static gint64
falling (gint64 n)
{
  return 3600 * (gint64)GST_SECOND - n * FRAME;
}

static gint64
missing (gint64 n)
{
  return HUB_NO_TIME;
}

static gint64
absurd (gint64 n)
{
  return G_MAXINT64 - n;
}

/* Persistent nonsense is found out once, from then on a frame's time is its arrival, and the next life is trusted
 * again. */
static void
test_useless_times (void)
{
  const Nonsense kinds[] = { standing, falling, missing, absurd };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    Timeline *timeline = timeline_new ();
    g_autoptr (GstCaps) caps = h264 ("main");
    guint told = 0;
    Stamp got = { .dts = -1 };

    timeline_begin_life (timeline, 1, 0);
    for (gint64 n = 0; n < 200; n++) {
      gint64 last = got.dts;
      got = stamp (timeline, caps, kinds[i](n), (gint64)GST_SECOND + 3 * n * FRAME);
      told += got.news == TIMES_USELESS;
      g_assert_cmpint (got.dts, >, last);
    }
    g_assert_cmpuint (told, ==, 1);
    g_assert_cmpint (got.pts, ==, (gint64)GST_SECOND + 3 * 199 * FRAME);
    g_assert_cmpint (got.dts, ==, got.pts);

    timeline_begin_life (timeline, 1, 0);
    Stamp first = stamp (timeline, caps, 0, 100 * (gint64)GST_SECOND);
    Stamp second = stamp (timeline, caps, FRAME, 100 * (gint64)GST_SECOND + 3 * FRAME);
    g_assert_cmpint (second.pts - first.pts, ==, FRAME);
    timeline_free (timeline);
  }
}

/* A pause in the network is no leap: the frames come late, with the times they were taken. */
static void
test_a_stall_keeps_times (void)
{
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = h264 ("constrained-baseline");

  timeline_begin_life (timeline, 1, 0);
  Stamp first = stamp (timeline, caps, 0, 1000 * MS);
  Stamp late = stamp (timeline, caps, FRAME, 9000 * MS);
  g_assert_cmpint (late.pts, ==, first.pts + FRAME);
  Stamp on_time = stamp (timeline, caps, 8000 * MS, 9001 * MS);
  g_assert_cmpint (on_time.pts, ==, first.pts + 8000 * MS);
  timeline_free (timeline);
}

/* RTCP moves the sound back by two frames: it goes on without two frames on one instant, and is right again soon. */
static void
test_sound_that_steps_back_catches_up (void)
{
  const gint64 length = 20 * MS;
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-alaw");
  gint64 correction = 0;
  Stamp last = { .pts = -1, .dts = -length };

  timeline_begin_life (timeline, 1, 0);
  for (gint64 i = 0; i < 20; i++) {
    if (i == 10)
      correction = -2 * length;
    Stamp got = stamp (timeline, caps, i * length + correction, (gint64)GST_SECOND + i * length);
    g_assert_cmpint (got.pts, ==, got.dts);
    g_assert_cmpint (got.dts, >=, last.dts + length / 2);
    last = got;
  }
  g_assert_cmpint (last.pts, ==, (gint64)GST_SECOND + 19 * length + correction);
  timeline_free (timeline);
}

static void
test_frames_without_times (void)
{
  Timeline *timeline = timeline_new ();
  g_autoptr (GstCaps) caps = h264 ("constrained-baseline");

  timeline_begin_life (timeline, 1, 0);
  Stamp first = stamp (timeline, caps, HUB_NO_TIME, 1000 * MS);
  Stamp second = stamp (timeline, caps, HUB_NO_TIME, 1100 * MS);
  g_assert_cmpint (first.pts, ==, 1000 * MS);
  g_assert_cmpint (second.pts, ==, 1000 * MS + FRAME);
  timeline_free (timeline);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timeline/reordering", test_reordering);
  g_test_add_func ("/timeline/no-reordering-is-not-delayed", test_no_reordering_is_not_delayed);
  g_test_add_func ("/timeline/lives-are-continuous", test_lives_are_continuous);
  g_test_add_func ("/timeline/leaps-are-taken-out", test_leaps_are_taken_out);
  g_test_add_func ("/timeline/a-stall-keeps-times", test_a_stall_keeps_times);
  g_test_add_func ("/timeline/sound-that-steps-back-catches-up", test_sound_that_steps_back_catches_up);
  g_test_add_func ("/timeline/frames-without-times", test_frames_without_times);
  g_test_add_func ("/timeline/a-leap-keeps-sound-and-picture-together", test_a_leap_keeps_sound_and_picture_together);
  g_test_add_func ("/timeline/tracks-may-have-different-clocks", test_tracks_may_have_different_clocks);
  g_test_add_func ("/timeline/a-clock-set-back-a-little", test_a_clock_set_back_a_little);
  g_test_add_func ("/timeline/useless-times", test_useless_times);
  return g_test_run ();
}
