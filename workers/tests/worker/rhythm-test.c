/* The usual interval of frames, of all the sources there are. */
#include "rhythm.h"

#define MS 1000

static gint64
play (Rhythm *rhythm, gint64 at, const gint64 *gaps_ms, guint n_gaps, guint rounds)
{
  for (guint i = 0; i < rounds; i++)
    for (guint k = 0; k < n_gaps; k++) {
      at += gaps_ms[k] * MS;
      rhythm_note (rhythm, at);
    }
  return at;
}

static void
assert_interval (const gint64 *gaps_ms, guint n_gaps, gint64 expected_ms)
{
  Rhythm rhythm = { 0 };

  play (&rhythm, 1000 * MS, gaps_ms, n_gaps, 60);
  g_assert_cmpint (rhythm_interval_us (&rhythm), ==, expected_ms * MS);
}

static void
test_regular (void)
{
  const gint64 fps25[] = { 40 };
  const gint64 fps1[] = { 1000 };

  assert_interval (fps25, 1, 40);
  assert_interval (fps1, 1, 1000);
}

/* Four frames at once each 160 ms, as TCP delivers after a lost packet, again and again. */
static void
test_bursts (void)
{
  const gint64 gaps[] = { 160, 0, 1, 0 };

  assert_interval (gaps, G_N_ELEMENTS (gaps), 161);
}

/* A variable rate is known by its longer gaps. */
static void
test_variable_rate (void)
{
  const gint64 gaps[] = { 40, 120 };

  assert_interval (gaps, G_N_ELEMENTS (gaps), 120);
}

static void
test_stalls_do_not_count (void)
{
  const gint64 gaps[] = { 40, 40, 40, 40, 40, 40, 40, 40, 900 };

  assert_interval (gaps, G_N_ELEMENTS (gaps), 40);
}

static void
test_a_new_rate_is_learnt (void)
{
  const gint64 fast[] = { 40 };
  const gint64 slow[] = { 500 };
  Rhythm rhythm = { 0 };

  gint64 at = play (&rhythm, 1000 * MS, fast, 1, 100);
  play (&rhythm, at, slow, 1, 10);
  g_assert_cmpint (rhythm_interval_us (&rhythm), ==, 500 * MS);
}

/* Before enough is known nothing is called usual that is shorter than what was seen. */
static void
test_the_beginning_is_patient (void)
{
  const gint64 slow[] = { 3000, 100 };
  Rhythm rhythm = { 0 };

  g_assert_cmpint (rhythm_interval_us (&rhythm), >=, 500 * MS);
  play (&rhythm, 1000 * MS, slow, 2, 2);
  g_assert_cmpint (rhythm_interval_us (&rhythm), ==, 3000 * MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rhythm/regular", test_regular);
  g_test_add_func ("/rhythm/bursts", test_bursts);
  g_test_add_func ("/rhythm/variable-rate", test_variable_rate);
  g_test_add_func ("/rhythm/stalls-do-not-count", test_stalls_do_not_count);
  g_test_add_func ("/rhythm/a-new-rate-is-learnt", test_a_new_rate_is_learnt);
  g_test_add_func ("/rhythm/the-beginning-is-patient", test_the_beginning_is_patient);
  return g_test_run ();
}
