/* Names and ends of recorded files. */
#include "rig.h"
#include "segment-file.h"
#include "segment-name.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* 2026-01-31T12:30:05.123Z */
#define STARTED_MS G_GINT64_CONSTANT (1769862605123)

typedef struct
{
  char *directory;
  char *stream;
  SegmentPlace place;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->directory = rig_directory ();
  self->stream = g_build_filename (self->directory, "front-door", NULL);
  self->place = (SegmentPlace){
    .root = self->directory,
    .name = "front-door/{date}/front-door_{time}",
    .mode = 0640,
    .directory_mode = 0750,
  };
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->stream);
  rig_remove (self->directory);
}

static char *
in_stream (Fixture *self, const char *name)
{
  return g_build_filename (self->stream, "2026-01-31", name, NULL);
}

static gboolean
exists (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_named_by_stream_and_start (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) file = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_autofree char *expected = in_stream (self, "front-door_2026-01-31T12-30-05.123Z.mkv");

  g_assert_cmpstr (segment_file_path (file), ==, expected);
  g_assert_true (exists (segment_file_part (file)));
  g_assert_false (exists (segment_file_path (file)));
  g_assert_true (segment_file_finish (file, NULL));
  g_assert_false (exists (segment_file_part (file)));
  g_assert_true (exists (segment_file_path (file)));
}

static void
test_names_in_use_are_left_alone (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) finished = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_assert_true (segment_file_finish (finished, NULL));
  g_autoptr (SegmentFile) second = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_autoptr (SegmentFile) third = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_autofree char *one = in_stream (self, "front-door_2026-01-31T12-30-05.123Z-1.mkv");
  g_autofree char *two = in_stream (self, "front-door_2026-01-31T12-30-05.123Z-2.mkv");

  g_assert_cmpstr (segment_file_path (second), ==, one);
  g_assert_cmpstr (segment_file_path (third), ==, two);
}

static void
test_finishing_never_overwrites (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) file = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (segment_file_path (file), "another's", -1, NULL));
  g_assert_false (segment_file_finish (file, &error));
  g_assert_true (exists (segment_file_part (file)));
  g_assert_true (g_file_get_contents (segment_file_path (file), &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "another's");
}

static void
test_only_an_empty_file_is_removed (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) empty = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_autoptr (SegmentFile) begun = segment_file_create (&self->place, "mkv", STARTED_MS + 1, NULL);
  g_autoptr (GError) error = NULL;
  FILE *file = g_fopen (segment_file_part (begun), "w");

  g_assert_nonnull (file);
  fputs ("video", file);
  fclose (file);
  segment_file_abandon (empty);
  segment_file_abandon (begun);
  g_assert_false (exists (segment_file_part (empty)));
  g_assert_true (exists (segment_file_part (begun)));
}

/* The kernel reports a failed write to one fdatasync() only; a pipe stands for the disk that fails. */
static void
test_a_failed_sync_is_not_forgotten (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) file = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  int well = dup (file->fd);
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (dup2 (fds[1], file->fd), ==, file->fd);
  g_assert_false (segment_file_sync (file, NULL));
  g_assert_cmpint (dup2 (well, file->fd), ==, file->fd);
  g_assert_false (segment_file_finish (file, NULL));
  g_assert_true (exists (segment_file_part (file)));
  g_assert_false (exists (segment_file_path (file)));
  close (well);
  close (fds[0]);
  close (fds[1]);
}

static void
test_failure_is_a_resource_error (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  rig_write (self->directory, "front-door", "a file where a directory has to be");
  g_assert_null (segment_file_create (&self->place, "mkv", STARTED_MS, &error));
  g_assert_true (error->domain == GST_RESOURCE_ERROR);
}

static guint
mode_of (const char *path)
{
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

/* Neither those a careful umask takes away, nor a change for what was there. */
static void
test_modes_are_those_asked_for (Fixture *self, gconstpointer data)
{
  g_autofree char *day = in_stream (self, "");
  mode_t umask_before = umask (077);

  g_assert_cmpint (g_mkdir (self->stream, 0711), ==, 0);
  guint mode_before = mode_of (self->stream);
  self->place.mode = 0664;
  self->place.directory_mode = 0775;
  g_autoptr (SegmentFile) file = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  umask (umask_before);
  g_assert_cmphex (mode_of (segment_file_part (file)), ==, 0664);
  g_assert_cmphex (mode_of (day), ==, 0775);
  g_assert_cmphex (mode_of (self->stream), ==, mode_before);
  g_assert_true (segment_file_finish (file, NULL));
  g_assert_cmphex (mode_of (segment_file_path (file)), ==, 0664);
}

static gboolean
is_locked (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  gboolean locked = flock (fd, LOCK_EX | LOCK_NB) != 0;
  close (fd);
  return locked;
}

/* What is not locked is a leftover. */
static void
test_locked_while_it_is_written (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) finished = segment_file_create (&self->place, "mkv", STARTED_MS, NULL);
  g_autoptr (SegmentFile) broken = segment_file_create (&self->place, "mkv", STARTED_MS + 1, NULL);

  g_assert_true (is_locked (segment_file_part (finished)));
  g_assert_cmpint (write (broken->fd, "video", 5), ==, 5);
  g_assert_true (segment_file_finish (finished, NULL));
  g_assert_false (is_locked (segment_file_path (finished)));
  segment_file_abandon (broken);
  g_assert_false (is_locked (segment_file_part (broken)));
}

static void
test_a_root_is_not_made (Fixture *self, gconstpointer data)
{
  g_autofree char *missing = g_build_filename (self->directory, "disk", NULL);
  g_autoptr (GError) error = NULL;

  self->place.root = missing;
  g_assert_null (segment_file_create (&self->place, "mkv", STARTED_MS, &error));
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  g_assert_false (exists (missing));
}

static SegmentFile *
with_text (SegmentFile *file, const char *text)
{
  g_assert_nonnull (file);
  g_assert_cmpint (write (file->fd, text, strlen (text)), ==, (gssize)strlen (text));
  return file;
}

static void
assert_text (const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* At any moment one of the two is there under the name that counts; what is done with the other one afterwards harms
 * nothing. */
static void
test_replaces_a_draft (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) draft = with_text (segment_file_create (&self->place, "mkv", STARTED_MS, NULL), "draft");
  g_autoptr (SegmentFile) file = with_text (segment_file_create_beside (draft, NULL), "file");
  g_autofree char *part = g_strdup (segment_file_part (draft));
  g_autofree char *beside = g_strdup (segment_file_part (file));

  assert_text (part, "draft");
  g_assert_true (is_locked (beside));
  g_assert_true (segment_file_replace (file, draft, NULL));
  g_assert_cmpstr (segment_file_part (file), ==, part);
  assert_text (part, "file");
  g_assert_false (exists (beside));
  g_assert_true (segment_file_sync (draft, NULL));
  segment_file_remove (draft);
  assert_text (part, "file");
  g_assert_true (segment_file_name (file, STARTED_MS + 1, NULL));
  g_assert_true (segment_file_finish (file, NULL));
  assert_text (segment_file_path (file), "file");
  g_assert_true (g_str_has_suffix (segment_file_path (file), ".124Z.mkv"));
}

static void
test_a_draft_that_can_not_be_replaced_stays (Fixture *self, gconstpointer data)
{
  g_autoptr (SegmentFile) draft = with_text (segment_file_create (&self->place, "mkv", STARTED_MS, NULL), "draft");
  g_autoptr (SegmentFile) file = with_text (segment_file_create_beside (draft, NULL), "file");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_unlink (segment_file_part (file)), ==, 0);
  g_assert_false (segment_file_replace (file, draft, &error));
  g_assert_true (error->domain == GST_RESOURCE_ERROR);
  segment_file_remove (file);
  g_assert_true (segment_file_finish (draft, NULL));
  assert_text (segment_file_path (draft), "draft");
}

static void
test_names_have_the_moment_and_stay_below_the_root (void)
{
  g_autofree char *name = segment_name_expand ("{year}/{month}/{day}/{hour}/a_{time}", STARTED_MS);

  g_assert_cmpstr (name, ==, "2026/01/31/12/a_2026-01-31T12-30-05.123Z");
  g_assert_true (segment_name_is_valid ("a/{time}"));
  g_assert_false (segment_name_is_valid ("../{time}"));
  g_assert_false (segment_name_is_valid ("a/../{time}"));
  g_assert_false (segment_name_is_valid ("/a/{time}"));
  g_assert_false (segment_name_is_valid ("{time}/a"));
  g_assert_false (segment_name_is_valid (""));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/segment-file/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("named-by-stream-and-start", test_named_by_stream_and_start);
  ADD ("names-in-use-are-left-alone", test_names_in_use_are_left_alone);
  ADD ("finishing-never-overwrites", test_finishing_never_overwrites);
  ADD ("only-an-empty-file-is-removed", test_only_an_empty_file_is_removed);
  ADD ("modes-are-those-asked-for", test_modes_are_those_asked_for);
  ADD ("a-failed-sync-is-not-forgotten", test_a_failed_sync_is_not_forgotten);
  ADD ("failure-is-a-resource-error", test_failure_is_a_resource_error);
  ADD ("locked-while-it-is-written", test_locked_while_it_is_written);
  ADD ("a-root-is-not-made", test_a_root_is_not_made);
  ADD ("replaces-a-draft", test_replaces_a_draft);
  ADD ("a-draft-that-can-not-be-replaced-stays", test_a_draft_that_can_not_be_replaced_stays);
#undef ADD
  g_test_add_func ("/segment-file/names-have-the-moment-and-stay-below-the-root",
                   test_names_have_the_moment_and_stay_below_the_root);
  return g_test_run ();
}
