/* When a file is full, at any time of any day. */
#include "recording-limits.h"

/* 2026-01-31T12:30:05.123Z */
#define STARTED_MS G_GINT64_CONSTANT (1769862605123)
#define UNTIL_BOUNDARY_MS (10 * 60 * 1000 - 5123)
#define TEN_MINUTES (600 * GST_SECOND)

static RecordingExtent
after (gint64 ms)
{
  return (RecordingExtent){
    .age = (GstClockTime)ms * GST_MSECOND,
    .real_age = (GstClockTime)ms * GST_MSECOND,
    .started_ms = STARTED_MS,
    .present_ms = STARTED_MS + ms,
  };
}

static const char *
reached_after (gboolean align, gint64 ms)
{
  const RecordingLimits limits = { .every = TEN_MINUTES, .align = align };
  RecordingExtent extent = after (ms);

  return recording_limits_reached (&limits, &extent);
}

static void
test_by_length (void)
{
  g_assert_null (reached_after (FALSE, UNTIL_BOUNDARY_MS));
  g_assert_null (reached_after (FALSE, 599999));
  g_assert_cmpstr (reached_after (FALSE, 600000), ==, "time");
}

static void
test_by_the_clock (void)
{
  g_assert_null (reached_after (TRUE, UNTIL_BOUNDARY_MS - 1));
  g_assert_cmpstr (reached_after (TRUE, UNTIL_BOUNDARY_MS), ==, "time");
}

/* A file that began at the boundary itself goes on to the next one, though its camera counts faster. */
static void
test_no_short_file_where_clocks_differ (void)
{
  const RecordingLimits limits = { .every = TEN_MINUTES, .align = TRUE };
  RecordingExtent extent = { .started_ms = STARTED_MS + UNTIL_BOUNDARY_MS };

  extent.present_ms = extent.started_ms + 599900;
  extent.real_age = 599900 * GST_MSECOND;
  extent.age = 600100 * GST_MSECOND;
  g_assert_null (recording_limits_reached (&limits, &extent));
  extent.present_ms += 100;
  g_assert_cmpstr (recording_limits_reached (&limits, &extent), ==, "time");
}

static void
test_a_clock_that_jumps (void)
{
  const RecordingLimits limits = { .every = TEN_MINUTES, .align = TRUE };
  RecordingExtent extent = after (60000);

  extent.present_ms += 3600 * 1000;
  g_assert_cmpstr (recording_limits_reached (&limits, &extent), ==, "time");
  extent.present_ms = STARTED_MS - 3600 * 1000;
  g_assert_null (recording_limits_reached (&limits, &extent));
  extent.real_age = TEN_MINUTES + TEN_MINUTES / 2;
  g_assert_cmpstr (recording_limits_reached (&limits, &extent), ==, "time");
}

static void
test_by_size (void)
{
  const RecordingLimits limits = { .bytes = 1000 };
  RecordingExtent extent = after (G_GINT64_CONSTANT (1000000000));

  extent.bytes = 999;
  g_assert_null (recording_limits_reached (&limits, &extent));
  extent.bytes = 1000;
  g_assert_cmpstr (recording_limits_reached (&limits, &extent), ==, "size");
  extent.bytes = 1999;
  g_assert_false (recording_limits_exceeded (&limits, &extent));
  extent.bytes = 2000;
  g_assert_true (recording_limits_exceeded (&limits, &extent));
}

/* Whichever of the two clocks says so: timestamps may stand still. */
static void
test_twice_the_time (void)
{
  const RecordingLimits limits = { .every = TEN_MINUTES };
  RecordingExtent extent = after (1199999);

  g_assert_false (recording_limits_exceeded (&limits, &extent));
  extent.age = 0;
  g_assert_cmpstr (recording_limits_reached (&limits, &extent), ==, "time");
  extent.real_age = 2 * TEN_MINUTES;
  g_assert_true (recording_limits_exceeded (&limits, &extent));
  extent.age = 2 * TEN_MINUTES;
  extent.real_age = 0;
  g_assert_true (recording_limits_exceeded (&limits, &extent));
}

static void
test_no_limit (void)
{
  const RecordingLimits limits = { .align = TRUE };
  RecordingExtent extent = after (G_GINT64_CONSTANT (1000000000));

  extent.bytes = G_MAXINT64;
  g_assert_null (recording_limits_reached (&limits, &extent));
  g_assert_false (recording_limits_exceeded (&limits, &extent));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording-limits/by-length", test_by_length);
  g_test_add_func ("/recording-limits/by-the-clock", test_by_the_clock);
  g_test_add_func ("/recording-limits/no-short-file-where-clocks-differ", test_no_short_file_where_clocks_differ);
  g_test_add_func ("/recording-limits/a-clock-that-jumps", test_a_clock_that_jumps);
  g_test_add_func ("/recording-limits/by-size", test_by_size);
  g_test_add_func ("/recording-limits/twice-the-time", test_twice_the_time);
  g_test_add_func ("/recording-limits/no-limit", test_no_limit);
  return g_test_run ();
}
