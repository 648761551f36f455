/* What cannot be played is told at once, in one sentence that names the file. */
#include "file-play.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
check_refused (const char *path, const char *said)
{
  FilePlay *play = file_play_start (path, TRUE, FALSE);

  file_play_until (play, file_play_failed, 0);
  g_test_message ("%s", file_play_failure (play));
  g_assert_cmpstr (file_play_reason (play), ==, "error");
  g_assert_nonnull (strstr (file_play_failure (play), path));
  g_assert_nonnull (strstr (file_play_failure (play), said));
  g_assert_true (g_str_has_suffix (file_play_failure (play), "."));
  file_play_stop (play);
}

static void
write_file (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_no_file (void)
{
  check_refused ("missing.mp4", "There is no file");
  write_file ("file.txt", "text");
  check_refused ("file.txt/clip.mp4", "cannot be opened: Not a directory");
}

static void
test_no_ordinary_file (void)
{
  g_assert_cmpint (g_mkdir ("folder.mp4", 0700), ==, 0);
  check_refused ("folder.mp4", "is a folder");
  g_assert_cmpint (mkfifo ("pipe.mp4", 0600), ==, 0);
  check_refused ("pipe.mp4", "is no ordinary file");
}

static void
test_unreadable (void)
{
  if (geteuid () == 0) {
    g_test_skip ("the superuser can read everything");
    return;
  }
  write_file ("secret.mp4", "text");
  g_assert_cmpint (g_chmod ("secret.mp4", 0), ==, 0);
  check_refused ("secret.mp4", "Permission denied");
}

static void
test_other_content (void)
{
  write_file ("empty.mp4", "");
  check_refused ("empty.mp4", "is empty");
  write_file ("text.mp4", "This is no video, but a text that somebody has given the wrong name.");
  check_refused ("text.mp4", "no MP4 or Matroska file");
  file_play_make ("-f lavfi -i testsrc=size=64x64 -frames:v 1 -f image2 picture.mkv");
  check_refused ("picture.mkv", "no MP4 or Matroska file");
}

static void
test_other_encodings (void)
{
  file_play_make ("-f lavfi -i testsrc=size=64x64:duration=1 -c:v mpeg4 mpeg4.mp4");
  check_refused ("mpeg4.mp4", "no video or audio that dslrs takes");
  file_play_make ("-f lavfi -i testsrc=size=64x64:duration=1 -c:v libvpx vp8.mkv");
  check_refused ("vp8.mkv", "no video or audio that dslrs takes");
}

static void
cut (const char *from, const char *to, gsize size)
{
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (from, &bytes, &length, NULL));
  g_assert_cmpuint (length, >, size);
  g_assert_true (g_file_set_contents (to, bytes, (gssize)size, NULL));
}

static void
test_truncated (void)
{
  file_play_make ("-f lavfi -i testsrc=size=160x120:duration=1 -c:v libx264 -pix_fmt yuv420p whole.mp4");
  file_play_make ("-i whole.mp4 -c copy -movflags faststart fast.mp4");
  file_play_make ("-i whole.mp4 -c copy whole.mkv");
  cut ("whole.mp4", "before-moov.mp4", 2000);
  check_refused ("before-moov.mp4", "without its index (moov)");
  cut ("fast.mp4", "inside-moov.mp4", 300);
  check_refused ("inside-moov.mp4", "without its index (moov)");
  cut ("whole.mkv", "header.mkv", 60);
  check_refused ("header.mkv", "header.mkv");
}

static void
test_no_frames (void)
{
  cut ("fast.mp4", "no-frames.mp4", (gsize)file_play_packet_at ("fast.mp4", 0));
  check_refused ("no-frames.mp4", "no frame");
  cut ("whole.mkv", "no-frames.mkv", (gsize)file_play_packet_at ("whole.mkv", 0));
  check_refused ("no-frames.mkv", "no frame");
}

static void
test_nothing_sound (void)
{
  file_play_make ("-i fast.mp4 -c copy -movflags faststart wiped.mp4");
  gint64 at = file_play_packet_at ("wiped.mp4", 0);
  GStatBuf info;
  g_assert_cmpint (g_stat ("wiped.mp4", &info), ==, 0);
  file_play_overwrite ("wiped.mp4", at, (gsize)(info.st_size - at), 0);
  check_refused ("wiped.mp4", "no frame");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  file_play_enter ();
  g_test_add_func ("/file/check/no-file", test_no_file);
  g_test_add_func ("/file/check/no-ordinary-file", test_no_ordinary_file);
  g_test_add_func ("/file/check/unreadable", test_unreadable);
  g_test_add_func ("/file/check/other-content", test_other_content);
  g_test_add_func ("/file/check/other-encodings", test_other_encodings);
  g_test_add_func ("/file/check/truncated", test_truncated);
  g_test_add_func ("/file/check/no-frames", test_no_frames);
  g_test_add_func ("/file/check/nothing-sound", test_nothing_sound);
  int result = g_test_run ();
  file_play_leave ();
  return result;
}
