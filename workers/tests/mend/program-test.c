/* dslrs-mend as a process: what it may touch, and what it says. */
#include "rig.h"
#include "samples.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#define DAY "cam/2026-11-23"

typedef struct
{
  char *directory;
  char *day;
  GBytes *left;
  GSubprocess *program;
  GDataInputStream *answers;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->directory = rig_directory ();
  self->day = g_build_filename (self->directory, DAY, NULL);
  g_mkdir_with_parents (self->day, 0750);
  self->left = sample_unfinished (&sample_kinds[0], self->directory);
  self->program = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL,
                                    g_getenv ("DSLRS_MEND"), NULL);
  g_assert_nonnull (self->program);
  self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->program));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (self->program), NULL, NULL);
  g_assert_true (g_subprocess_wait_check (self->program, NULL, NULL));
  g_object_unref (self->answers);
  g_object_unref (self->program);
  g_bytes_unref (self->left);
  g_free (self->day);
  rig_remove (self->directory);
}

static char *
leave (Fixture *self, const char *name)
{
  char *path = g_build_filename (self->day, name, NULL);

  sample_write (path, self->left, g_bytes_get_size (self->left));
  return path;
}

static void
ask (Fixture *self, const char *request)
{
  GOutputStream *input = g_subprocess_get_stdin_pipe (self->program);
  g_autofree char *line = g_strconcat (request, "\n", NULL);

  g_assert_true (g_output_stream_write_all (input, line, strlen (line), NULL, NULL, NULL));
}

/* `has` is in the answer to doing `what` to `path`. */
static void
expect (Fixture *self, const char *what, const char *path, const char *has)
{
  g_autofree char *request
      = g_strdup_printf ("{\"do\":\"%s\",\"root\":\"%s\",\"path\":\"%s\"}", what, self->directory, path);

  ask (self, request);
  g_autofree char *answer = g_data_input_stream_read_line (self->answers, NULL, NULL, NULL);
  g_assert_nonnull (answer);
  if (strstr (answer, has) == NULL)
    g_test_message ("%s: %s", path, answer);
  g_assert_nonnull (strstr (answer, has));
}

static void
test_mends_and_inspects (Fixture *self, gconstpointer data)
{
  g_autofree char *part = leave (self, "a.mp4.part");

  expect (self, "inspect", DAY "/a.mp4.part", "\"whole\":false");
  expect (self, "mend", DAY "/a.mp4.part", "\"path\":\"" DAY "/a.mp4\"");
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
  expect (self, "inspect", DAY "/a.mp4", "\"whole\":true");
  expect (self, "inspect", DAY "/a.mp4", "\"encodings\":[\"h264\"]");
  expect (self, "mend", DAY "/a.mp4.part", "\"why\":\"io\"");
}

static void
test_never_overwrites (Fixture *self, gconstpointer data)
{
  g_autofree char *part = leave (self, "a.mp4.part");
  g_autofree char *taken = leave (self, "a.mp4");
  g_autoptr (GBytes) before = sample_read (taken);

  expect (self, "mend", DAY "/a.mp4.part", "\"path\":\"" DAY "/a-1.mp4\"");
  g_autoptr (GBytes) after = sample_read (taken);
  g_assert_true (g_bytes_equal (before, after));
}

/* What was to take its place has the same frames. */
static void
test_mends_one_of_two (Fixture *self, gconstpointer data)
{
  g_autofree char *copy = leave (self, "a.mp4.new");
  g_autofree char *part = leave (self, "a.mp4.part");

  expect (self, "mend", DAY "/a.mp4.new", "\"why\":\"copy\"");
  expect (self, "mend", DAY "/a.mp4.part", "\"path\":\"" DAY "/a.mp4\"");
  expect (self, "mend", DAY "/a.mp4.new", "\"why\":\"copy\"");
  g_assert_true (g_file_test (copy, G_FILE_TEST_EXISTS));
  g_autofree char *alone = leave (self, "b.mp4.new");
  expect (self, "mend", DAY "/b.mp4.new", "\"path\":\"" DAY "/b.mp4\"");
  g_assert_false (g_file_test (alone, G_FILE_TEST_EXISTS));
}

static void
test_leaves_alone_what_is_being_written (Fixture *self, gconstpointer data)
{
  g_autofree char *part = leave (self, "a.mp4.part");
  int fd = open (part, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  expect (self, "mend", DAY "/a.mp4.part", "\"why\":\"busy\"");
  close (fd);
  expect (self, "mend", DAY "/a.mp4.part", "\"ok\":true");
}

static void
test_says_what_it_can_not_mend (Fixture *self, gconstpointer data)
{
  rig_write (self->day, "empty.mp4.part", "");
  rig_write (self->day, "text.mp4.part", "a shopping list");
  expect (self, "mend", DAY "/empty.mp4.part", "\"why\":\"noMedia\"");
  expect (self, "mend", DAY "/text.mp4.part", "\"why\":\"unknown\"");
  expect (self, "frobnicate", DAY "/text.mp4.part", "\"why\":\"unknown\"");
  ask (self, "nonsense");
  g_autofree char *answer = g_data_input_stream_read_line (self->answers, NULL, NULL, NULL);
  g_assert_nonnull (strstr (answer, "\"ok\":false"));
  g_autofree char *text = rig_read (self->day, "text.mp4.part");
  g_assert_cmpstr (text, ==, "a shopping list");
}

static void
test_stays_below_the_root (Fixture *self, gconstpointer data)
{
  g_autofree char *part = leave (self, "a.mp4.part");
  g_autofree char *folder = g_build_filename (self->directory, "link", NULL);
  g_autofree char *file = g_build_filename (self->day, "b.mp4.part", NULL);

  g_assert_cmpint (symlink (self->day, folder), ==, 0);
  g_assert_cmpint (symlink (part, file), ==, 0);
  expect (self, "mend", "link/a.mp4.part", "\"ok\":false");
  expect (self, "mend", DAY "/b.mp4.part", "\"ok\":false");
  expect (self, "mend", "cam/../" DAY "/a.mp4.part", "\"ok\":false");
  expect (self, "mend", "/" DAY "/a.mp4.part", "\"ok\":false");
  g_assert_true (g_file_test (part, G_FILE_TEST_EXISTS));
}

static void
test_ends_at_sigterm (Fixture *self, gconstpointer data)
{
  expect (self, "inspect", "none", "\"ok\":false");
  g_subprocess_send_signal (self->program, SIGTERM);
  g_assert_true (g_subprocess_wait_check (self->program, NULL, NULL));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/dslrs-mend/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("mends-and-inspects", test_mends_and_inspects);
  ADD ("never-overwrites", test_never_overwrites);
  ADD ("mends-one-of-two", test_mends_one_of_two);
  ADD ("leaves-alone-what-is-being-written", test_leaves_alone_what_is_being_written);
  ADD ("says-what-it-can-not-mend", test_says_what_it_can_not_mend);
  ADD ("stays-below-the-root", test_stays_below_the_root);
  ADD ("ends-at-sigterm", test_ends_at_sigterm);
#undef ADD
  return g_test_run ();
}
