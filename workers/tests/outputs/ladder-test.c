/* On which rung a viewer stands, by numbers and a time that the test makes up. */
#include "ladder.h"

#define MS ((gint64)1000)
#define S ((gint64)G_USEC_PER_SEC)
#define FRAME_US (40 * MS)

typedef struct
{
  Ladder ladder;
  gint64 now_us;
} Life;

static Life
life_new (LadderRung rung)
{
  Life life = { .ladder = { .rung = rung }, .now_us = 1000 * S };

  /* It fell there long ago. */
  life.ladder.since_us = rung == LADDER_ALL ? 0 : 900 * S;
  return life;
}

static void
frame (Life *life, gint64 late_us, gboolean full)
{
  const LadderQueue queue = { .now_us = life->now_us, .late_us = late_us, .full = full };

  life->ladder = ladder_after_frame (life->ladder, &queue);
}

/* Frames for so long, each of them so late. */
static void
frames (Life *life, gint64 for_us, gint64 late_us)
{
  for (gint64 until_us = life->now_us + for_us; life->now_us < until_us; life->now_us += FRAME_US)
    frame (life, late_us, FALSE);
}

static void
report (Life *life, guint64 expected, gint64 lost, gint64 jitter_us)
{
  const LadderReport news = { .now_us = life->now_us, .expected = expected, .lost = lost, .jitter_us = jitter_us };

  life->ladder = ladder_after_report (life->ladder, &news);
}

static void
test_names (void)
{
  g_assert_cmpstr (ladder_rung_name (LADDER_ALL), ==, "all");
  g_assert_cmpstr (ladder_rung_name (LADDER_REFERENCE), ==, "reference");
  g_assert_cmpstr (ladder_rung_name (LADDER_KEYFRAMES), ==, "keyframes");
  g_assert_cmpstr (ladder_rung_name (LADDER_SKIPPING), ==, "skipping");
}

static void
test_falls_as_frames_get_later (void)
{
  Life life = life_new (LADDER_ALL);

  frames (&life, 10 * S, 900 * MS);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
  frames (&life, 10 * S, 1100 * MS);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  frames (&life, 10 * S, 2100 * MS);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
  frames (&life, 10 * S, 4100 * MS);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_SKIPPING);
  frames (&life, 100 * S, 3600 * S);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_SKIPPING);
}

static void
test_goes_on_with_a_keyframe_when_there_is_room (void)
{
  Life life = life_new (LADDER_SKIPPING);

  frames (&life, 1 * S, 600 * MS);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_SKIPPING);
  frame (&life, 0, TRUE);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_SKIPPING);
  frame (&life, 400 * MS, FALSE);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
}

static void
test_climbs_a_rung_at_a_time (void)
{
  Life life = life_new (LADDER_KEYFRAMES);

  frames (&life, 3900 * MS, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
  frames (&life, 200 * MS, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  frames (&life, 3800 * MS, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  frames (&life, 400 * MS, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
}

/* Neither good nor bad: it stays, and has to prove itself anew. */
static void
test_a_line_that_is_just_good_enough_stays (void)
{
  Life life = life_new (LADDER_REFERENCE);

  for (guint i = 0; i < 10; i++) {
    frames (&life, 3 * S, 100 * MS);
    frames (&life, 200 * MS, 700 * MS);
  }
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
}

static void
test_pauses_of_the_source_prove_nothing (void)
{
  Life life = life_new (LADDER_REFERENCE);

  for (guint i = 0; i < 4; i++) {
    frame (&life, 0, FALSE);
    life.now_us += 60 * S;
  }
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  frame (&life, 0, FALSE);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
}

/* How long it takes after a fall to climb again. */
static gint64
time_to_climb (Life *life)
{
  LadderRung rung = life->ladder.rung;
  gint64 from_us = life->now_us;

  while (life->ladder.rung == rung)
    frames (life, FRAME_US, 0);
  return life->now_us - from_us;
}

static void
test_who_climbs_too_early_waits_twice_as_long (void)
{
  Life life = life_new (LADDER_REFERENCE);
  gint64 expected_us = 4 * S;

  for (guint i = 0; i < 8; i++) {
    gint64 climb_us = time_to_climb (&life);

    g_assert_cmpint (ABS (climb_us - expected_us), <, 100 * MS);
    frames (&life, 5 * S, 500 * MS);
    frame (&life, 1100 * MS, FALSE);
    g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
    expected_us = MIN (2 * expected_us, 64 * S);
  }
}

static void
test_who_was_well_for_long_begins_anew (void)
{
  Life life = life_new (LADDER_REFERENCE);

  time_to_climb (&life);
  frame (&life, 1100 * MS, FALSE);
  g_assert_cmpint (time_to_climb (&life), >, 7 * S);
  frames (&life, 20 * S, 0);
  frame (&life, 1100 * MS, FALSE);
  g_assert_cmpint (time_to_climb (&life), <, 5 * S);
}

static void
test_losses_take_it_down_to_keyframes (void)
{
  Life life = life_new (LADDER_ALL);

  report (&life, 1000, 90, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
  report (&life, 1000, 110, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  for (guint i = 0; i < 10; i++) {
    life.now_us += 5 * S;
    report (&life, 1000, 900, 0);
    g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
  }
}

static void
test_reports_that_say_nothing_do_nothing (void)
{
  Life life = life_new (LADDER_ALL);

  report (&life, 0, 0, 0);
  report (&life, 10, 10, 10 * S);
  report (&life, 1000, -5, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
  report (&life, 1000, 500, 0);
  /* That one still speaks of the time before the step. */
  life.now_us += 1 * S;
  report (&life, 1000, 500, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
}

/* Of keyframes alone there may be so few packets that no report by itself says anything. */
static void
test_small_reports_are_taken_together (void)
{
  Life life = life_new (LADDER_REFERENCE);

  for (guint i = 0; i < 4; i++)
    report (&life, 5, 3, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
  report (&life, 20, 3, 0);
  frames (&life, 60 * S, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
  for (guint i = 0; i < 4; i++)
    report (&life, 5, 0, 0);
  frames (&life, 13 * S, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
}

static void
test_jitter_takes_nobody_down (void)
{
  Life life = life_new (LADDER_ALL);

  report (&life, 1000, 0, 5 * S);
  frames (&life, 60 * S, 0);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
}

static void
test_losses_and_jitter_keep_it_down (void)
{
  const struct
  {
    gint64 lost;
    gint64 jitter_us;
  } bad[] = { { 50, 0 }, { 0, 400 * MS } };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    Life life = life_new (LADDER_REFERENCE);

    report (&life, 1000, bad[i].lost, bad[i].jitter_us);
    frames (&life, 60 * S, 0);
    g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
    report (&life, 1000, 0, 20 * MS);
    /* The next report has to confirm the rung, so that takes longer than without. */
    gint64 climb_us = time_to_climb (&life);
    g_assert_cmpint (ABS (climb_us - 12 * S), <, 100 * MS);
  }
}

/* ---- with a substream ---- */

static void
test_what_is_late_is_not_the_substreams_fault (void)
{
  Life life = life_new (LADDER_SKIPPING);

  life.ladder = ladder_take_substream (life.ladder, life.now_us);
  frames (&life, 900 * MS, 60 * S);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_ALL);
  g_assert_true (life.ladder.substream);
  frames (&life, 200 * MS, 60 * S);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  frames (&life, 1 * S, 60 * S);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_KEYFRAMES);
  g_assert_true (life.ladder.substream);
}

/* How long until a substream that is taken now may be left. */
static gint64
time_to_leave (Life *life)
{
  gint64 from_us = life->now_us;

  life->ladder = ladder_take_substream (life->ladder, life->now_us);
  while (!ladder_may_leave_substream (&life->ladder))
    frames (life, FRAME_US, 0);
  life->ladder = ladder_leave_substream (life->ladder, life->now_us);
  g_assert_cmpint (life->ladder.rung, ==, LADDER_ALL);
  g_assert_false (life->ladder.substream);
  return life->now_us - from_us;
}

static void
test_who_leaves_the_substream_too_early_waits_twice_as_long (void)
{
  Life life = life_new (LADDER_REFERENCE);
  gint64 expected_us = 4 * S;

  for (guint i = 0; i < 8; i++) {
    gint64 leave_us = time_to_leave (&life);

    g_assert_cmpint (ABS (leave_us - expected_us), <, 100 * MS);
    frames (&life, 5 * S, 500 * MS);
    frame (&life, 1100 * MS, FALSE);
    g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
    expected_us = MIN (2 * expected_us, 64 * S);
  }
}

/* Only its top rung leads up, and only where frames came in time. */
static void
test_a_weak_line_stays_with_the_substream (void)
{
  Life life = life_new (LADDER_REFERENCE);

  life.ladder = ladder_take_substream (life.ladder, life.now_us);
  frames (&life, 60 * S, 500 * MS);
  g_assert_false (ladder_may_leave_substream (&life.ladder));
  frame (&life, 1100 * MS, FALSE);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  frames (&life, 3900 * MS, 0);
  g_assert_false (ladder_may_leave_substream (&life.ladder));
}

static void
test_who_loses_the_substream_has_less_of_the_stream (void)
{
  Life life = life_new (LADDER_KEYFRAMES);

  life.ladder = ladder_take_substream (life.ladder, life.now_us);
  life.ladder = ladder_lose_substream (life.ladder, life.now_us);
  g_assert_cmpint (life.ladder.rung, ==, LADDER_REFERENCE);
  g_assert_false (life.ladder.substream);
  gint64 climb_us = time_to_climb (&life);
  g_assert_cmpint (ABS (climb_us - 4 * S), <, 100 * MS);
}

/* Every state with every queue: it falls a rung at most unless nothing more may wait, climbs a rung at most and only
 * where nothing is late, and the same again changes nothing back. */
static void
test_each_step_is_sound (void)
{
  const gint64 lates_us[] = { 0, 199 * MS, 200 * MS, 201 * MS, 500 * MS, 999 * MS, 1001 * MS, 2001 * MS, 4001 * MS };
  const gint64 goods_us[] = { 0, 3 * S, 20 * S, 70 * S };

  for (LadderRung rung = LADDER_ALL; rung <= LADDER_SKIPPING; rung++)
    for (guint late = 0; late < G_N_ELEMENTS (lates_us); late++)
      for (guint good = 0; good < G_N_ELEMENTS (goods_us); good++)
        for (guint flags = 0; flags < 8; flags++) {
          Life life = life_new (rung);
          life.ladder.good_us = goods_us[good];
          life.ladder.is_lossy = (flags & 1) != 0;
          life.ladder.climbed = (flags & 2) != 0;
          life.ladder.judged_us = life.now_us - FRAME_US;
          gboolean full = (flags & 4) != 0;
          frame (&life, lates_us[late], full);
          LadderRung next = life.ladder.rung;

          g_assert_cmpint (next, <=, full ? LADDER_SKIPPING : MIN (rung + 1, LADDER_SKIPPING));
          g_assert_cmpint (next + 1, >=, rung);
          if (full)
            g_assert_cmpint (next, ==, LADDER_SKIPPING);
          if (next < rung && rung != LADDER_SKIPPING)
            g_assert_true (lates_us[late] <= 200 * MS && !life.ladder.is_lossy && goods_us[good] >= 3 * S);
          if (next > rung && !full)
            g_assert_cmpint (lates_us[late], >, 1 * S);
          if (next != rung)
            g_assert_cmpint (life.ladder.good_us, ==, 0);
        }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add_func ("/ladder/" path, function)
  ADD ("names", test_names);
  ADD ("falls-as-frames-get-later", test_falls_as_frames_get_later);
  ADD ("goes-on-when-there-is-room", test_goes_on_with_a_keyframe_when_there_is_room);
  ADD ("climbs-a-rung-at-a-time", test_climbs_a_rung_at_a_time);
  ADD ("a-line-that-is-just-good-enough-stays", test_a_line_that_is_just_good_enough_stays);
  ADD ("pauses-of-the-source-prove-nothing", test_pauses_of_the_source_prove_nothing);
  ADD ("who-climbs-too-early-waits-twice-as-long", test_who_climbs_too_early_waits_twice_as_long);
  ADD ("who-was-well-for-long-begins-anew", test_who_was_well_for_long_begins_anew);
  ADD ("losses-take-it-down-to-keyframes", test_losses_take_it_down_to_keyframes);
  ADD ("reports-that-say-nothing-do-nothing", test_reports_that_say_nothing_do_nothing);
  ADD ("small-reports-are-taken-together", test_small_reports_are_taken_together);
  ADD ("jitter-takes-nobody-down", test_jitter_takes_nobody_down);
  ADD ("losses-and-jitter-keep-it-down", test_losses_and_jitter_keep_it_down);
  ADD ("what-is-late-is-not-the-substreams-fault", test_what_is_late_is_not_the_substreams_fault);
  ADD ("who-leaves-the-substream-too-early-waits", test_who_leaves_the_substream_too_early_waits_twice_as_long);
  ADD ("a-weak-line-stays-with-the-substream", test_a_weak_line_stays_with_the_substream);
  ADD ("who-loses-the-substream-has-less", test_who_loses_the_substream_has_less_of_the_stream);
  ADD ("each-step-is-sound", test_each_step_is_sound);
#undef ADD
  return g_test_run ();
}
