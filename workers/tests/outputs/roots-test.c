/* Where recordings go when a disk fails, hangs or is not there, and back: with
 * no frame lost that was still kept. */
#include "faults.h"
#include "recorder-rig.h"
#include "rig.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define FULL 14
#define NOT_FOUND 3
#define TOO_SLOW 4
#define SHORT_MS 1200

typedef struct
{
  RecorderRig rig;
  char *first;
  char *second;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  recorder_rig_set_up (&self->rig, data);
  self->first = g_build_filename (self->rig.directory, "first", NULL);
  self->second = g_build_filename (self->rig.directory, "second", NULL);
  g_assert_cmpint (g_mkdir (self->first, 0755), ==, 0);
  g_assert_cmpint (g_mkdir (self->second, 0755), ==, 0);
  faults_set_root (self->first);
  faults_reset ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  faults_reset ();
  faults_set_root (NULL);
  g_free (self->first);
  g_free (self->second);
  recorder_rig_tear_down (&self->rig, data);
}

static LiveClip
start (Fixture *self, const char *format)
{
  g_autofree char *roots = g_strdup_printf ("\"roots\":[\"%s\",\"%s\"]", self->first, self->second);

  recorder_rig_start_with (&self->rig, format, 0, roots);
  return live_clip_begin (&self->rig, 1, TRUE);
}

static gint64
code_of (JsonNode *degraded)
{
  JsonObject *failure = json_object_get_object_member (json_node_get_object (degraded), "failure");

  return json_object_get_int_member (failure, "code");
}

static gboolean
is_true_in (JsonNode *report, const char *name)
{
  return json_object_get_boolean_member (json_node_get_object (report), name);
}

/* Of a file: the last of the frames like that up to `at_most`. */
static guint
first_frame (Fixture *self, GPtrArray *digests, guint at_most)
{
  g_autoptr (GPtrArray) all = clip_digests (self->rig.clip->video);
  guint index = 0;

  g_assert_true (g_ptr_array_find_with_equal_func (all, g_ptr_array_index (digests, 0), g_str_equal, &index));
  while (index + CLIP_FRAMES <= at_most)
    index += CLIP_FRAMES;
  return index;
}

/* The file is whole, begins at `from` at the latest, and has every frame from
 * there on. Returns what follows its last.
 */
static guint
assert_holds (Fixture *self, JsonNode *closed, guint from)
{
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);

  g_assert_cmpuint (video->len, ==, report_int (closed, "frames"));
  guint first = first_frame (self, video, from);
  g_assert_cmpuint (first, <=, from);
  recorder_rig_assert_same (video, self->rig.clip->video, first, video->len);
  return first + video->len;
}

static JsonNode *
await_closed (Fixture *self, LiveClip *live, gboolean whole)
{
  for (;;) {
    JsonNode *closed = live_clip_await (live, "segmentClosed");

    if (is_true_in (closed, "whole") == whole)
      return closed;
    json_node_unref (closed);
  }
}

static void
assert_degraded (Fixture *self, gint64 code)
{
  g_autoptr (JsonNode) stats = recorder_rig_stats (&self->rig);

  g_assert_cmpstr (report_string (stats, "state"), ==, "degraded");
  g_assert_cmpstr (report_string (stats, "root"), ==, self->second);
  g_assert_cmpint (code_of (stats), ==, code);
  g_assert_cmpint (report_int (stats, "sinceMs"), >, 0);
  g_assert_cmpint (report_int (stats, "framesDropped"), ==, 0);
}

/* The disk fills up in the middle of a file; the next root has every frame that
 * the first may have lost. Later there is room again. */
static void
test_a_full_disk_is_left_and_taken_again (Fixture *self, gconstpointer format)
{
  LiveClip live = start (self, format);
  g_autoptr (JsonNode) well = live_clip_await (&live, "outputUp");
  g_autoptr (JsonNode) opened = live_clip_await (&live, "segmentOpened");
  Faults *faults = faults_get ();

  g_assert_true (g_str_has_prefix (report_string (opened, "path"), self->first));
  g_assert_false (is_true_in (opened, "continues"));
  live_clip_run_to (&live, 15);
  guint filled = live.next;
  *faults = (Faults){ .op = FAULT_WRITE, .nth = 1, .persistent = 1, .error = ENOSPC };
  g_autoptr (JsonNode) degraded = live_clip_await (&live, "outputDegraded");
  g_assert_cmpint (code_of (degraded), ==, FULL);
  g_autoptr (JsonNode) elsewhere = live_clip_await (&live, "segmentOpened");
  g_assert_true (g_str_has_prefix (report_string (elsewhere, "path"), self->second));
  g_assert_true (is_true_in (elsewhere, "continues"));
  live_clip_run_to (&live, live.next + 5);
  assert_degraded (self, FULL);

  faults_reset ();
  g_autoptr (JsonNode) up = live_clip_await (&live, "outputUp");
  g_autoptr (JsonNode) back = live_clip_await (&live, "segmentOpened");
  g_assert_true (g_str_has_prefix (report_string (back, "path"), self->first));
  g_assert_true (is_true_in (back, "continues"));
  g_autoptr (JsonNode) second = await_closed (self, &live, TRUE);
  guint end = assert_holds (self, second, filled);
  guint pushed = live.next;
  recorder_rig_stop (&self->rig);
  g_autoptr (JsonNode) third = await_closed (self, &live, TRUE);
  g_assert_cmpuint (assert_holds (self, third, end), ==, pushed);
}

/* A write that never returns; nobody waits for it. */
static void
test_a_disk_that_hangs_is_left (Fixture *self, gconstpointer format)
{
  LiveClip live = start (self, format);
  g_autoptr (JsonNode) opened = live_clip_await (&live, "segmentOpened");
  Faults *faults = faults_get ();

  live_clip_run_to (&live, 15);
  guint hung = live.next;
  *faults = (Faults){ .op = FAULT_WRITE, .nth = 1, .persistent = 1, .hang = 1 };
  g_autoptr (JsonNode) degraded = live_clip_await (&live, "outputDegraded");
  g_assert_cmpint (code_of (degraded), ==, TOO_SLOW);
  g_autoptr (JsonNode) elsewhere = live_clip_await (&live, "segmentOpened");
  assert_degraded (self, TOO_SLOW);
  faults_reset ();
  g_autoptr (JsonNode) lost = await_closed (self, &live, FALSE);
  guint pushed = live.next;
  recorder_rig_stop (&self->rig);
  g_autoptr (JsonNode) closed = await_closed (self, &live, TRUE);
  g_assert_cmpuint (assert_holds (self, closed, hung), ==, pushed);
}

/* An unmounted disk must not fill the one below it. */
static void
test_a_root_is_not_made (Fixture *self, gconstpointer format)
{
  g_assert_cmpint (g_rmdir (self->first), ==, 0);
  LiveClip live = start (self, format);
  g_autoptr (JsonNode) degraded = live_clip_await (&live, "outputDegraded");
  g_autoptr (JsonNode) opened = live_clip_await (&live, "segmentOpened");

  g_assert_cmpint (code_of (degraded), ==, NOT_FOUND);
  g_assert_true (g_str_has_prefix (report_string (opened, "path"), self->second));
  g_assert_false (g_file_test (self->first, G_FILE_TEST_EXISTS));
  guint pushed = live.next;
  recorder_rig_stop (&self->rig);
  g_autoptr (JsonNode) closed = await_closed (self, &live, TRUE);
  g_assert_cmpuint (assert_holds (self, closed, 0), ==, pushed);
}

/* The first is full, the second is not mounted: what is wrong with the first is
 * told, once. */
static void
test_the_first_of_several_failures_is_told (Fixture *self, gconstpointer format)
{
  g_assert_cmpint (g_rmdir (self->second), ==, 0);
  LiveClip live = start (self, format);
  g_autoptr (JsonNode) opened = live_clip_await (&live, "segmentOpened");

  *faults_get () = (Faults){ .op = FAULT_WRITE, .nth = 1, .persistent = 1, .error = ENOSPC };
  g_autoptr (JsonNode) degraded = live_clip_await (&live, "outputDegraded");
  g_assert_cmpint (code_of (degraded), ==, FULL);
  /* Both were tried, the second one last. */
  live_clip_run_to (&live, live.next + 100);
  g_autoptr (JsonNode) stats = recorder_rig_stats (&self->rig);
  g_assert_cmpint (code_of (stats), ==, FULL);
  recorder_rig_stop (&self->rig);
}

static LiveClip
start_with_short_files (Fixture *self, const char *format)
{
  g_autofree char *roots = g_strdup_printf ("\"roots\":[\"%s\",\"%s\"]", self->first, self->second);

  recorder_rig_start_with (&self->rig, format, SHORT_MS, roots);
  return live_clip_begin (&self->rig, 1, TRUE);
}

static gint
by_start (gconstpointer a, gconstpointer b)
{
  gint64 difference = report_int (*(JsonNode *const *)a, "startedAt") - report_int (*(JsonNode *const *)b, "startedAt");

  return difference < 0 ? -1 : difference > 0;
}

/* In the order of their frames; they need not be closed in it. Of the others nothing has its final name. */
static GPtrArray *
take_whole (Fixture *self)
{
  GPtrArray *whole = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);

  while (reports_count (self->rig.reports, "segmentClosed") > 0) {
    g_autoptr (JsonNode) closed = reports_await (self->rig.reports, "segmentClosed");
    gboolean exists = g_file_test (report_string (closed, "path"), G_FILE_TEST_EXISTS);

    g_assert_nonnull (report_string (closed, "reason"));
    g_assert_cmpint (exists, ==, is_true_in (closed, "whole"));
    if (exists)
      g_ptr_array_add (whole, g_steal_pointer (&closed));
    else
      g_assert_cmpstr (report_string (closed, "reason"), ==, "error");
  }
  g_ptr_array_sort (whole, by_start);
  return whole;
}

/* One run of frames from `from` at the latest up to what was pushed, in the second root, and no file shorter than its
 * time. */
static void
assert_unbroken (Fixture *self, LiveClip *live, guint from)
{
  g_autoptr (GPtrArray) whole = take_whole (self);
  guint next = from;

  g_assert_cmpuint (whole->len, >, 0);
  for (guint i = 0; i < whole->len; i++) {
    JsonNode *closed = g_ptr_array_index (whole, i);

    g_assert_true (g_str_has_prefix (report_string (closed, "path"), self->second));
    if (i + 1 < whole->len)
      g_assert_cmpint (report_int (closed, "frames"), >=, SHORT_MS / 40);
    guint end = assert_holds (self, closed, next);
    if (i > 0)
      g_assert_cmpuint (end - (guint)report_int (closed, "frames"), ==, next);
    next = end;
  }
  g_assert_cmpuint (next, ==, live->next);
}

/* Of two roots one is full, the other is not there for a while: what was kept
 * meanwhile is all recorded. */
static void
test_what_two_failures_left_is_recorded (Fixture *self, gconstpointer format)
{
  g_autofree char *away = g_build_filename (self->rig.directory, "away", NULL);

  g_assert_cmpint (g_rename (self->second, away), ==, 0);
  *faults_get () = (Faults){ .op = FAULT_WRITE, .nth = 1, .persistent = 1, .error = ENOSPC };
  LiveClip live = start_with_short_files (self, format);
  live_clip_run_to (&live, 190);
  g_assert_cmpint (g_rename (away, self->second), ==, 0);
  live_clip_run_to (&live, 320);
  g_autoptr (JsonNode) stats = recorder_rig_stats (&self->rig);
  g_assert_cmpint (report_int (stats, "framesDropped"), ==, 0);
  recorder_rig_stop (&self->rig);
  assert_unbroken (self, &live, 0);
}

/* The same where the first one took data before. */
static void
test_what_a_file_lost_is_recorded (Fixture *self, gconstpointer format)
{
  g_autofree char *away = g_build_filename (self->rig.directory, "away", NULL);

  g_assert_cmpint (g_rename (self->second, away), ==, 0);
  LiveClip live = start (self, format);
  live_clip_run_to (&live, 60);
  guint filled = live.next;
  *faults_get () = (Faults){ .op = FAULT_WRITE, .nth = 1, .persistent = 1, .error = ENOSPC };
  g_autoptr (JsonNode) degraded = live_clip_await (&live, "outputDegraded");
  live_clip_run_to (&live, 190);
  g_assert_cmpint (g_rename (away, self->second), ==, 0);
  live_clip_run_to (&live, 280);
  g_autoptr (JsonNode) stats = recorder_rig_stats (&self->rig);
  g_assert_cmpint (report_int (stats, "framesDropped"), ==, 0);
  recorder_rig_stop (&self->rig);
  assert_unbroken (self, &live, filled);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function) g_test_add ("/roots/" path, Fixture, data, set_up, function, tear_down)
  ADD ("a-full-disk-is-left-and-taken-again/mkv", "mkv", test_a_full_disk_is_left_and_taken_again);
  ADD ("a-full-disk-is-left-and-taken-again/mp4", "mp4", test_a_full_disk_is_left_and_taken_again);
  ADD ("a-disk-that-hangs-is-left", "mkv", test_a_disk_that_hangs_is_left);
  ADD ("a-root-is-not-made", "mkv", test_a_root_is_not_made);
  ADD ("the-first-of-several-failures-is-told", "mkv", test_the_first_of_several_failures_is_told);
  ADD ("what-two-failures-left-is-recorded/mkv", "mkv", test_what_two_failures_left_is_recorded);
  ADD ("what-two-failures-left-is-recorded/mp4", "mp4", test_what_two_failures_left_is_recorded);
  ADD ("what-a-file-lost-is-recorded/mkv", "mkv", test_what_a_file_lost_is_recorded);
  ADD ("what-a-file-lost-is-recorded/mp4", "mp4", test_what_a_file_lost_is_recorded);
#undef ADD
  return g_test_run ();
}
