/* A file that is replaced or rewritten while it plays, the position that is kept, and the end. */
#include "file-play.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define H264 "-c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p"
#define GOP_MS 400

static void
make_clips (void)
{
  file_play_make ("-f lavfi -i testsrc=size=160x120:rate=25:duration=1.2 " H264 " first.mp4");
  file_play_make ("-f lavfi -i testsrc=size=320x240:rate=25:duration=1.2 " H264 " larger.mp4");
  file_play_make ("-f lavfi -i testsrc=size=320x240:rate=25:duration=1.2 -f lavfi -i sine=duration=1.2 -c:v libx265 "
                  "-preset ultrafast -x265-params log-level=none -pix_fmt yuv420p -c:a aac h265.mkv");
  file_play_make ("-f lavfi -i testsrc=size=320x240:rate=25:duration=6,noise=alls=20 " H264 " long.mp4");
}

static void
copy_over (const char *from, const char *to)
{
  g_autofree char *bytes = NULL;
  gsize length = 0;
  FILE *file = fopen (to, "wb"); /* not a new file in its place */

  g_assert_true (g_file_get_contents (from, &bytes, &length, NULL));
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, length, file), ==, length);
  fclose (file);
}

static gboolean
has_width (FilePlay *play, gint64 width)
{
  return play->width == width;
}

static gboolean
is_h265 (FilePlay *play, gint64 unused)
{
  return g_strcmp0 (play->encoding, "video/x-h265") == 0 && play->newest[1] > 0;
}

static void
check_rising (FilePlay *play)
{
  for (guint i = 1; i < play->video->len; i++)
    g_assert_cmpint (g_array_index (play->video, PlayedFrame, i).pts, >,
                     g_array_index (play->video, PlayedFrame, i - 1).pts - 6 * 40 * GST_MSECOND);
}

static void
test_replaced (gconstpointer data)
{
  const char *by = data;

  copy_over ("first.mp4", "clip.mp4");
  copy_over (by, "next");
  FilePlay *play = file_play_start ("clip.mp4", TRUE, FALSE);
  /* Late enough that the next pass has been opened already. */
  file_play_until (play, file_play_lasts_ms, 700);
  g_assert_cmpint (g_rename ("next", "clip.mp4"), ==, 0);
  if (strcmp (by, "larger.mp4") == 0)
    file_play_until (play, has_width, 320);
  else
    file_play_until (play, is_h265, 0);
  /* At the end of the pass, not later. */
  g_assert_false (file_play_lasts_ms (play, 1500));
  file_play_until (play, file_play_lasts_ms, 2600);
  check_rising (play);
  g_assert_null (play->failure);
  file_play_stop (play);
}

static void
test_rewritten (void)
{
  copy_over ("long.mp4", "clip.mp4");
  FilePlay *play = file_play_start ("clip.mp4", TRUE, FALSE);
  file_play_until (play, file_play_lasts_ms, 100);
  copy_over ("first.mp4", "clip.mp4");
  file_play_until (play, has_width, 160);
  /* It plays on to the end of what was read, not of the pass. */
  g_assert_false (file_play_lasts_ms (play, 3000));
  g_assert_null (play->failure);
  file_play_stop (play);
}

/* Cut off while it plays, a file is unusable from its end on, and no sooner. */
static void
test_truncated (void)
{
  copy_over ("first.mp4", "clip.mp4");
  FilePlay *play = file_play_start ("clip.mp4", TRUE, FALSE);
  file_play_until (play, file_play_lasts_ms, 100);
  g_assert_cmpint (truncate ("clip.mp4", 3000), ==, 0);
  file_play_until (play, file_play_failed, 0);
  g_assert_nonnull (strstr (file_play_failure (play), "cut off"));
  file_play_stop (play);
}

static gint64
first_position (FilePlay *play)
{
  for (guint i = 0; i < play->video->len; i++)
    if (g_array_index (play->video, PlayedFrame, i).position_ms >= 0)
      return g_array_index (play->video, PlayedFrame, i).position_ms;
  return -1;
}

static gint64
play_for (const char *path, gboolean resume, gint64 ms)
{
  FilePlay *play = file_play_start (path, TRUE, resume);

  file_play_until (play, file_play_lasts_ms, ms);
  gint64 position = first_position (play);
  g_assert_true (g_array_index (play->video, PlayedFrame, 0).is_keyframe);
  file_play_stop (play);
  return position;
}

static void
test_resume (gconstpointer data)
{
  const char *path = data;

  g_unlink ("position.json");
  if (!g_str_equal (path, "long.mp4"))
    file_play_make ("-i long.mp4 -c copy %s", path);
  g_assert_cmpint (play_for (path, TRUE, 2000), <, GOP_MS);
  gint64 resumed = play_for (path, TRUE, 1000);
  g_assert_cmpint (resumed, >=, 2000 - GOP_MS - 100);
  g_assert_cmpint (resumed, <, 2000 + GOP_MS);
  g_assert_cmpint (play_for (path, TRUE, 100), >=, 3000 - 2 * GOP_MS - 100);
  g_assert_cmpint (play_for (path, FALSE, 100), <, GOP_MS);
}

static void
test_resume_of_another (void)
{
  g_unlink ("position.json");
  copy_over ("long.mp4", "clip.mp4");
  play_for ("clip.mp4", TRUE, 1500);
  copy_over ("larger.mp4", "clip.mp4");
  g_assert_cmpint (play_for ("clip.mp4", TRUE, 100), <, GOP_MS);
  g_assert_true (g_file_set_contents ("position.json", "{\"path\":", -1, NULL));
  g_assert_cmpint (play_for ("clip.mp4", TRUE, 100), <, GOP_MS);
}

/* The loop begins at the file's beginning, not where it was resumed. */
static void
test_resume_and_loop (void)
{
  g_unlink ("position.json");
  play_for ("long.mp4", TRUE, 5000);
  FilePlay *play = file_play_start ("long.mp4", TRUE, TRUE);
  file_play_until (play, file_play_lasts_ms, 2000);
  g_assert_cmpint (g_array_index (play->video, PlayedFrame, play->video->len - 1).position_ms, <, 2000);
  g_assert_null (play->failure);
  file_play_stop (play);
}

static void
test_end (void)
{
  g_unlink ("position.json");
  for (guint i = 0; i < 2; i++) {
    FilePlay *play = file_play_start ("first.mp4", FALSE, TRUE);
    file_play_until (play, file_play_failed, 0);
    g_assert_cmpstr (file_play_reason (play), ==, "fileEnded");
    g_assert_cmpuint (play->video->len, ==, 30);
    file_play_stop (play);
    g_assert_false (g_file_test ("position.json", G_FILE_TEST_EXISTS));
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  file_play_enter ();
  make_clips ();
  g_test_add_data_func ("/file/life/replaced-by-larger", "larger.mp4", test_replaced);
  g_test_add_data_func ("/file/life/replaced-by-other-tracks", "h265.mkv", test_replaced);
  g_test_add_func ("/file/life/rewritten", test_rewritten);
  g_test_add_func ("/file/life/truncated", test_truncated);
  g_test_add_data_func ("/file/life/resume-mp4", "long.mp4", test_resume);
  g_test_add_data_func ("/file/life/resume-mkv", "long.mkv", test_resume);
  g_test_add_func ("/file/life/resume-of-another", test_resume_of_another);
  g_test_add_func ("/file/life/resume-and-loop", test_resume_and_loop);
  g_test_add_func ("/file/life/end", test_end);
  int result = g_test_run ();
  file_play_leave ();
  return result;
}
