/* Mending files that a killed worker left behind. */
#include "death.h"
#include "mend.h"
#include "rig.h"
#include "samples.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

typedef struct
{
  const SampleKind *kind;
  char *directory;
  char *part; /* path of the file to mend */
  GBytes *whole;
} Fixture;

/* Encoding takes longer than all the rest; the tests of one kind share a recording. */
static GBytes *made;
static const SampleKind *made_of;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->kind = data;
  self->directory = rig_directory ();
  self->part = g_build_filename (self->directory, "a.part", NULL);
  if (made_of != self->kind) {
    g_clear_pointer (&made, g_bytes_unref);
    made = sample_unfinished (self->kind, self->directory);
    made_of = self->kind;
  }
  self->whole = g_bytes_ref (made);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_bytes_unref (self->whole);
  g_free (self->part);
  rig_remove (self->directory);
}

/* Mends the first `size` bytes of what was left: the path of the file, or NULL. (transfer full) */
static char *
mend_left (Fixture *self, gsize size, MendFacts *facts)
{
  g_autoptr (GError) error = NULL;
  char *name;

  sample_write (self->part, self->whole, size);
  if (!mend_file (self->directory, "a.part", &name, facts, &error)) {
    g_assert_error (error, MEND_ERROR, MEND_ERROR_NO_MEDIA);
    return NULL;
  }
  char *path = g_build_filename (self->directory, name, NULL);
  g_free (name);
  return path;
}

static void
test_nothing_is_lost_but_what_is_not_there (Fixture *self, gconstpointer data)
{
  MendFacts facts;
  gsize size = g_bytes_get_size (self->whole);
  g_autofree char *path = mend_left (self, size, &facts);
  g_autofree char *encodings = g_strjoinv (",", (char **)facts.encodings);

  g_assert_cmpstr (facts.format, ==, self->kind->format);
  g_assert_cmpstr (encodings, ==, self->kind->encodings);
  g_assert_cmpuint (facts.frames, ==, SAMPLE_FRAMES);
  g_assert_cmpuint (facts.lost_bytes, ==, 0);
  g_assert_true (facts.whole);
  g_assert_cmpint (ABS ((gint64)facts.duration_ms - SAMPLE_FRAMES * SAMPLE_FRAME_MS), <=, SAMPLE_FRAME_MS);
}

static void
assert_begins_like (GPtrArray *frames, GPtrArray *all, guint64 n)
{
  g_assert_cmpuint (frames->len, ==, n);
  for (guint i = 0; i < frames->len; i++)
    g_assert_cmpstr (g_ptr_array_index (frames, i), ==, g_ptr_array_index (all, i));
}

/* Frame by frame, and each at its time, B-frames and the sound beside them included. */
static void
test_it_plays_as_if_the_muxer_had_finished_it (Fixture *self, gconstpointer data)
{
  MendFacts facts, wanted;
  g_autofree char *path = mend_left (self, g_bytes_get_size (self->whole), &facts);
  g_autoptr (GBytes) finished = sample_finished (self->kind, self->directory);
  g_autofree char *other = g_build_filename (self->directory, "finished", NULL);

  sample_write (other, finished, g_bytes_get_size (finished));
  g_assert_true (mend_inspect (self->directory, "finished", &wanted, NULL));
  g_assert_true (wanted.whole);
  g_assert_cmpuint (facts.keyframes, ==, wanted.keyframes);
  g_assert_cmpint (ABS ((gint64)facts.duration_ms - (gint64)wanted.duration_ms), <=, SAMPLE_FRAME_MS);
  g_autoptr (GPtrArray) frames = sample_frames (path, self->kind->format);
  g_autoptr (GPtrArray) wanted_frames = sample_frames (other, self->kind->format);
  assert_begins_like (frames, wanted_frames, SAMPLE_FRAMES);
}

static void
test_it_can_end_at_any_byte (Fixture *self, gconstpointer data)
{
  gsize size = g_bytes_get_size (self->whole);
  guint64 before = 0;
  MendFacts facts;
  g_autofree char *complete = mend_left (self, size, &facts);
  g_autoptr (GPtrArray) all = sample_frames (complete, self->kind->format);

  g_remove (complete);
  for (guint i = 0; i <= 80; i++) {
    gsize cut = i < 60 ? size * i / 60 : size - 80 + i;
    g_autofree char *path = mend_left (self, cut, &facts);

    if (path == NULL) {
      g_assert_cmpuint (before, ==, 0);
      continue;
    }
    g_assert_cmpuint (facts.frames, >=, before);
    g_assert_cmpuint (facts.lost_bytes, <=, cut);
    before = facts.frames;
    if (i % 10 == 9) {
      g_autoptr (GPtrArray) frames = sample_frames (path, self->kind->format);
      assert_begins_like (frames, all, facts.frames);
    }
    g_remove (path);
  }
  g_assert_cmpuint (before, ==, SAMPLE_FRAMES);
}

/* In the first frame of a fragment, so that it misses more than a few bytes, which nobody could tell. */
static gsize
within_a_frame (const guint8 *bytes, gsize at)
{
  for (gsize i = at; i > 4; i--)
    if (memcmp (bytes + i - 4, "mdat", 4) == 0)
      return i + 20;
  return at;
}

/* The disk has the length of what was written, but not yet all that is in it. */
static void
test_a_power_cut_leaves_zeros (Fixture *self, gconstpointer data)
{
  gsize size = g_bytes_get_size (self->whole);
  gsize left = size - size / 20;
  gsize zeros = within_a_frame (g_bytes_get_data (self->whole, NULL), size - size / 10);
  MendFacts facts;
  g_autofree char *complete = mend_left (self, size, &facts);
  g_autoptr (GPtrArray) all = sample_frames (complete, self->kind->format);
  g_autofree guint8 *bytes = g_memdup2 (g_bytes_get_data (self->whole, NULL), size);
  g_remove (complete);

  memset (bytes + zeros, 0, left - zeros);
  g_bytes_unref (self->whole);
  self->whole = g_bytes_new (bytes, left);
  g_autofree char *path = mend_left (self, left, &facts);
  g_autoptr (GPtrArray) frames = sample_frames (path, self->kind->format);

  g_assert_cmpuint (facts.lost_bytes, >=, left - zeros);
  g_assert_cmpuint (facts.frames, >, SAMPLE_FRAMES / 2);
  assert_begins_like (frames, all, facts.frames);
}

/* Whatever was done by then, the next one brings the file to the same end, byte for byte. */
static void
test_it_can_be_killed_at_any_change (Fixture *self, gconstpointer data)
{
  gsize cut = g_bytes_get_size (self->whole) - 100;
  MendFacts facts;
  g_autofree char *path = mend_left (self, cut, &facts);
  g_autoptr (GBytes) wanted = sample_read (path);
  gboolean came;
  guint n = 0;

  g_remove (path);
  do {
    g_autofree char *name = NULL;

    sample_write (self->part, self->whole, cut);
    death_comes_at (++n);
    gboolean mended = mend_file (self->directory, "a.part", &name, &facts, NULL);
    came = death_came ();
    g_assert_cmpint (mended, ==, !came);
    if (came)
      g_assert_true (mend_file (self->directory, "a.part", &name, &facts, NULL));
    g_autoptr (GBytes) found = sample_read (path);
    g_assert_true (g_bytes_equal (found, wanted));
    g_remove (path);
  } while (came);
  g_assert_cmpuint (n, >, 4);
}

/* One that was mended is left as it is. */
static void
test_a_whole_file_stays_as_it_is (Fixture *self, gconstpointer data)
{
  MendFacts facts;
  g_autofree char *path = mend_left (self, g_bytes_get_size (self->whole), &facts);
  g_autofree char *name = NULL;
  g_autoptr (GBytes) before = sample_read (path);

  g_rename (path, self->part);
  death_comes_at (1);
  g_assert_true (mend_file (self->directory, "a.part", &name, &facts, NULL));
  g_assert_false (death_came ());
  g_autoptr (GBytes) after = sample_read (path);
  g_assert_true (g_bytes_equal (before, after));
}

/* Headers are where it hurts. */
static void
damage (GRand *random, guint8 *data, gsize size)
{
  guint n = (guint)g_rand_int_range (random, 1, 8);

  for (guint i = 0; i < n; i++) {
    gsize reach = g_rand_boolean (random) ? MIN (size, 1500) : size;
    gsize at = (gsize)g_rand_int_range (random, 0, (gint32)reach);

    data[at] = g_rand_boolean (random) ? 0xFF : (guint8)g_rand_int (random);
  }
}

/* No crash, no endless loop, no end of memory; and what is said to be mended is whole. */
static void
test_damage_does_no_harm (Fixture *self, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4711);
  gsize size = g_bytes_get_size (self->whole);

  for (guint i = 0; i < 100; i++) {
    g_autofree guint8 *bytes = g_memdup2 (g_bytes_get_data (self->whole, NULL), size);
    g_autofree char *name = NULL;
    MendFacts facts;

    damage (random, bytes, size);
    g_autoptr (GBytes) damaged = g_bytes_new (bytes, size);
    sample_write (self->part, damaged, i % 3 == 0 ? size : (gsize)g_rand_int_range (random, 1, (gint32)size));
    mend_inspect (self->directory, "a.part", &facts, NULL);
    if (!mend_file (self->directory, "a.part", &name, &facts, NULL))
      continue;
    g_autoptr (GError) error = NULL;
    mend_inspect (self->directory, name, &facts, &error);
    g_assert_no_error (error);
    g_assert_true (facts.whole);
    g_autofree char *path = g_build_filename (self->directory, name, NULL);
    g_remove (path);
  }
}

static void
add (const SampleKind *kind, const char *name, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/mend/%s/%s", kind->name, name);

  g_test_add (path, Fixture, kind, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (const SampleKind *kind = sample_kinds; kind->name != NULL; kind++) {
    add (kind, "nothing-is-lost-but-what-is-not-there", test_nothing_is_lost_but_what_is_not_there);
    add (kind, "it-plays-as-if-the-muxer-had-finished-it", test_it_plays_as_if_the_muxer_had_finished_it);
    add (kind, "it-can-end-at-any-byte", test_it_can_end_at_any_byte);
    add (kind, "a-power-cut-leaves-zeros", test_a_power_cut_leaves_zeros);
    add (kind, "it-can-be-killed-at-any-change", test_it_can_be_killed_at_any_change);
    add (kind, "a-whole-file-stays-as-it-is", test_a_whole_file_stays_as_it_is);
    add (kind, "damage-does-no-harm", test_damage_does_no_harm);
  }
  int status = g_test_run ();
  g_clear_pointer (&made, g_bytes_unref);
  return status;
}
