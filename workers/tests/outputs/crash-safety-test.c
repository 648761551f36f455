/* What would be left if the worker were killed: frames are on their way to the disk as soon as they come. */
#include "recorder-rig.h"
#include "rig.h"

#include <glib/gstdio.h>

typedef struct
{
  char *folder;
  guint n; /* files */
  gsize bytes;
} Wanted;

/* Names of files that are being written: (transfer full). */
static GPtrArray *
parts (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_str_has_suffix (name, ".part"))
      g_ptr_array_add (names, g_steal_pointer (&path));
    else if (g_file_test (path, G_FILE_TEST_IS_DIR))
      g_ptr_array_extend_and_steal (names, parts (path));
  }
  return names;
}

static gboolean
a_part_has_bytes (gpointer user_data)
{
  Wanted *wanted = user_data;
  g_autoptr (GPtrArray) names = parts (wanted->folder);
  GStatBuf status;

  for (guint i = 0; i < names->len; i++)
    if (g_stat (g_ptr_array_index (names, i), &status) == 0 && (gsize)status.st_size > wanted->bytes)
      return TRUE;
  return FALSE;
}

static gsize
size_of_frames (GPtrArray *samples, guint n)
{
  gsize bytes = 0;

  for (guint i = 0; i < n; i++)
    bytes += gst_buffer_get_size (gst_sample_get_buffer (g_ptr_array_index (samples, i)));
  return bytes;
}

static gboolean
are_parts (gpointer user_data)
{
  Wanted *wanted = user_data;
  g_autoptr (GPtrArray) names = parts (wanted->folder);

  return names->len == wanted->n;
}

/* The sound that the source has told of is late; the file has it all the same, from the first frame on, and is the only
 * one. */
static void
test_the_first_frames_wait_for_no_sound (RecorderRig *self, gconstpointer format)
{
  Wanted wanted = { .folder = self->directory, .bytes = size_of_frames (self->clip->video, 8) };

  recorder_rig_start (self, format, 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 8, FALSE);
  reports_run_until (a_part_has_bytes, &wanted);
  clip_push (self->clip, self->hub, 1, 8, 25, TRUE);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  g_autoptr (GPtrArray) sound = clip_digests_of_file (report_string (closed, "path"), MEDIA_AUDIO);
  recorder_rig_assert_video (closed, self->clip, 0, 25);
  g_assert_cmpuint (sound->len, >, 0);
  g_assert_cmpuint (reports_count (self->reports, "segmentClosed"), ==, 0);
  g_assert_true (are_parts (&wanted));
}

/* A file of 20 frames; its successor is there before the 21st comes, which begins it. */
static void
test_a_successor_is_ready_in_time (RecorderRig *self, gconstpointer format)
{
  Wanted wanted = { .folder = self->directory, .n = 2 };

  recorder_rig_start (self, format, 20 * CLIP_FRAME_TIME / GST_MSECOND);
  clip_begin_without_sound (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, FALSE);
  reports_run_until (are_parts, &wanted);
  clip_push (self->clip, self->hub, 1, 15, 25, FALSE);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) first = reports_await (self->reports, "segmentClosed");
  g_autoptr (JsonNode) second = reports_await (self->reports, "segmentClosed");
  gboolean in_order = report_int (first, "startedAt") <= report_int (second, "startedAt");
  recorder_rig_assert_video (in_order ? first : second, self->clip, 0, 20);
  recorder_rig_assert_video (in_order ? second : first, self->clip, 20, 5);
  wanted.n = 0;
  g_assert_true (are_parts (&wanted));
}

/* Named after its first frame, not after the moment at which it was made ready. */
static void
test_a_file_is_named_after_its_first_frame (RecorderRig *self, gconstpointer data)
{
  recorder_rig_start (self, "mkv", 400);
  LiveClip live = live_clip_begin (self, 1, TRUE);

  for (guint i = 0; i < 3; i++) {
    g_autoptr (JsonNode) closed = live_clip_await (&live, "segmentClosed");
    gint64 started_ms = report_int (closed, "startedAt");
    g_autoptr (GDateTime) second = g_date_time_new_from_unix_utc (started_ms / 1000);
    g_autofree char *text = g_date_time_format (second, "cam_%Y-%m-%dT%H-%M-%S");
    g_autofree char *name = g_strdup_printf ("/%s.%03dZ.mkv", text, (int)(started_ms % 1000));

    g_assert_true (g_str_has_suffix (report_string (closed, "path"), name));
  }
  recorder_rig_stop (self);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function)                                                                                      \
  g_test_add ("/crash-safety/" path, RecorderRig, data, recorder_rig_set_up, function, recorder_rig_tear_down)
  ADD ("the-first-frames-wait-for-no-sound/mkv", "mkv", test_the_first_frames_wait_for_no_sound);
  ADD ("the-first-frames-wait-for-no-sound/mp4", "mp4", test_the_first_frames_wait_for_no_sound);
  ADD ("a-successor-is-ready-in-time", "mkv", test_a_successor_is_ready_in_time);
  ADD ("a-file-is-named-after-its-first-frame", NULL, test_a_file_is_named_after_its_first_frame);
#undef ADD
  return g_test_run ();
}
