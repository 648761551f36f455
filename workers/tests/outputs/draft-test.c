/* A first file whose sound comes late is begun anew, and the new one takes its place: what if that hangs, or fails, and
 * what if the file is to end just then. The clip comes at once, so its sound is always late: a file is asked for with
 * the first frame. And what if a file that is to be the next one still is to come then. */
#include "faults.h"
#include "recorder-rig.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FRAMES 25

static void
on_stopped (Output *output, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *)user_data;
}

static gboolean
has_fired (gpointer user_data)
{
  return g_atomic_int_get (&faults_get ()->fired) > 0;
}

/* The next such call fails, or hangs where there is no error. */
static void
order_fault (RecorderRig *self, FaultOp op, int error)
{
  Faults *faults = faults_get ();

  faults_reset ();
  faults_set_root (self->directory);
  faults->op = op;
  faults->nth = 1;
  faults->error = error;
  faults->hang = error == 0;
}

/* The first one is that of the file that takes the place of the draft. */
static void
order_rename (RecorderRig *self, int error)
{
  order_fault (self, FAULT_RENAME, error);
}

/* Returns while the new file is about to take the place of the first one. */
static void
begin (RecorderRig *self, const char *format)
{
  order_rename (self, 0);
  recorder_rig_start (self, format, 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, FRAMES, TRUE);
  reports_run_until (has_fired, NULL);
}

static void
let_go (void)
{
  g_atomic_int_set (&faults_get ()->hang, 0);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  guint count = 0;
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    count += g_file_test (path, G_FILE_TEST_IS_DIR) ? count_files (path) : 1;
  }
  return count;
}

/* With all frames and their sound, and nobody was told of another file. */
static void
assert_only_file (RecorderRig *self, const char *reason)
{
  g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  g_autoptr (GPtrArray) sound = clip_digests_of_file (report_string (closed, "path"), MEDIA_AUDIO);

  recorder_rig_assert_video (closed, self->clip, 0, FRAMES);
  g_assert_cmpint (report_int (closed, "frames"), ==, FRAMES);
  g_assert_cmpstr (report_string (closed, "reason"), ==, reason);
  g_assert_cmpuint (sound->len, >, 0);
  g_assert_cmpstr (report_string (opened, "path"), ==, report_string (closed, "path"));
  g_assert_cmpuint (reports_count (self->reports, "segmentOpened"), ==, 0);
  g_assert_cmpuint (reports_count (self->reports, "segmentClosed"), ==, 0);
  g_assert_cmpuint (count_files (self->directory), ==, 1);
}

static void
test_a_stop_waits_for_it (RecorderRig *self, gconstpointer format)
{
  gboolean stopped = FALSE;

  begin (self, format);
  self->recorder->funcs->stop (self->recorder, on_stopped, &stopped);
  let_go ();
  reports_run_until (is_true, &stopped);
  assert_only_file (self, "stopped");
}

static void
test_the_end_of_the_source_waits_for_it (RecorderRig *self, gconstpointer format)
{
  begin (self, format);
  hub_end_life (self->hub, 1, "error");
  let_go ();
  assert_only_file (self, "ingestDown");
  recorder_rig_stop (self);
}

static void
test_what_counts_is_one_file (RecorderRig *self, gconstpointer format)
{
  begin (self, format);
  let_go ();
  recorder_rig_stop (self);
  g_autoptr (JsonNode) stats = recorder_rig_stats (self);
  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");

  g_assert_cmpint (report_int (stats, "frames"), ==, FRAMES);
  g_assert_cmpint (report_int (stats, "segments"), ==, 1);
  g_assert_cmpint (report_int (stats, "bytes"), >, 0);
  recorder_rig_assert_video (closed, self->clip, 0, FRAMES);
}

/* The first one goes on without sound, up to a keyframe. */
static void
test_a_disk_that_refuses_it_loses_no_frame (RecorderRig *self, gconstpointer format)
{
  order_rename (self, EIO);
  recorder_rig_start (self, format, 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, FRAMES, TRUE);
  reports_run_until (has_fired, NULL);
  g_autoptr (JsonNode) warned = reports_await (self->reports, "log");
  clip_push (self->clip, self->hub, 1, FRAMES, 2 * FRAMES, TRUE);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) before = reports_await (self->reports, "segmentClosed");
  g_autoptr (JsonNode) after = reports_await (self->reports, "segmentClosed");
  if (g_str_equal (report_string (before, "reason"), "stopped")) {
    JsonNode *first = g_steal_pointer (&after);
    after = g_steal_pointer (&before);
    before = first;
  }
  guint n = (guint)report_int (before, "frames");
  g_autoptr (GPtrArray) sound = clip_digests_of_file (report_string (after, "path"), MEDIA_AUDIO);
  g_assert_cmpstr (report_string (before, "reason"), ==, "tracksChanged");
  recorder_rig_assert_video (before, self->clip, 0, n);
  recorder_rig_assert_video (after, self->clip, n, 2 * FRAMES - n);
  g_assert_cmpuint (sound->len, >, 0);
  g_assert_nonnull (strstr (report_string (warned, "message"), "no sound"));
  g_assert_cmpuint (count_files (self->directory), ==, 2);
}

/* Nothing more is opened for the present file until it ends. */
static gboolean
is_settled (gpointer user_data)
{
  return g_atomic_int_get (&faults_get ()->counts[FAULT_OPEN]) >= *(const int *)user_data;
}

/* Nothing is made after the stop, and nothing is left: the file has come, and was not wanted any more. */
static void
test_a_stop_waits_for_the_next_file (RecorderRig *self, gconstpointer format)
{
  guint8 removals[1024];
  gboolean stopped = FALSE;
  /* To be made, to be written, its folder; and MP4 to be read for its index. */
  int opens = g_str_equal (format, "mp4") ? 4 : 3;
  int watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);

  faults_reset ();
  faults_set_root (self->directory);
  recorder_rig_start (self, format, 0);
  clip_begin_without_sound (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 5, FALSE);
  reports_run_until (is_settled, &opens);
  order_fault (self, FAULT_OPEN, 0);
  self->recorder->funcs->rotate (self->recorder);
  clip_push (self->clip, self->hub, 1, 5, 8, FALSE);
  reports_run_until (has_fired, NULL);
  g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
  g_autofree char *folder = g_path_get_dirname (report_string (opened, "path"));
  g_assert_cmpint (inotify_add_watch (watch, folder, IN_DELETE), >=, 0);
  self->recorder->funcs->stop (self->recorder, on_stopped, &stopped);
  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  let_go ();
  reports_run_until (is_true, &stopped);

  g_assert_cmpint (read (watch, removals, sizeof removals), >, 0);
  close (watch);
  recorder_rig_assert_video (closed, self->clip, 0, 8);
  g_assert_cmpuint (count_files (self->directory), ==, 1);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function)                                                                                            \
  g_test_add ("/draft/" path "/mkv", RecorderRig, "mkv", recorder_rig_set_up, function, recorder_rig_tear_down);       \
  g_test_add ("/draft/" path "/mp4", RecorderRig, "mp4", recorder_rig_set_up, function, recorder_rig_tear_down)
  ADD ("a-stop-waits-for-it", test_a_stop_waits_for_it);
  ADD ("the-end-of-the-source-waits-for-it", test_the_end_of_the_source_waits_for_it);
  ADD ("what-counts-is-one-file", test_what_counts_is_one_file);
  ADD ("a-disk-that-refuses-it-loses-no-frame", test_a_disk_that_refuses_it_loses_no_frame);
  ADD ("a-stop-waits-for-the-next-file", test_a_stop_waits_for_the_next_file);
#undef ADD
  return g_test_run ();
}
