/* The recorder against a real hub and real muxers: each frame in exactly one file, whatever happens around it. */
#include "recorder-rig.h"
#include "rig.h"

#include <glib/gstdio.h>
#include <string.h>

typedef RecorderRig Fixture;

static guint
index_of (GPtrArray *samples, const char *digest)
{
  g_autoptr (GPtrArray) digests = clip_digests (samples);
  guint index = 0;

  g_assert_true (g_ptr_array_find_with_equal_func (digests, digest, g_str_equal, &index));
  return index;
}

static void
test_each_frame_is_in_one_file (Fixture *self, gconstpointer format)
{
  g_autoptr (GPtrArray) sound = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *sound_of[5] = { NULL };
  guint n_last = 0;

  recorder_rig_start (self, format, 700);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, CLIP_FRAMES, TRUE);
  recorder_rig_stop (self);
  for (guint i = 0; i < G_N_ELEMENTS (sound_of); i++) {
    g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
    g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);
    guint first = index_of (self->clip->video, g_ptr_array_index (video, 0));

    recorder_rig_assert_same (video, self->clip->video, first, 20);
    g_assert_cmpint (report_int (closed, "frames"), ==, 20);
    n_last += g_str_equal (report_string (closed, "reason"), "stopped");
    sound_of[first / 20] = clip_digests_of_file (report_string (closed, "path"), MEDIA_AUDIO);
  }
  g_assert_cmpuint (reports_count (self->reports, "segmentClosed"), ==, 0);
  g_assert_cmpuint (n_last, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (sound_of); i++)
    g_ptr_array_extend_and_steal (sound, sound_of[i]);
  recorder_rig_assert_same (sound, self->clip->sound, 0, 200);
}

static void
test_an_outage_ends_the_file (Fixture *self, gconstpointer data)
{
  recorder_rig_start (self, "mkv", 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 25, TRUE);
  hub_end_life (self->hub, 1, "error");
  g_autoptr (JsonNode) before = reports_await (self->reports, "segmentClosed");
  /* The camera comes back in the middle of a GOP. */
  clip_begin (self->clip, self->hub, 2);
  clip_push (self->clip, self->hub, 2, 26, 45, TRUE);
  recorder_rig_stop (self);
  g_autoptr (JsonNode) after = reports_await (self->reports, "segmentClosed");
  g_autoptr (GPtrArray) first = clip_digests_of_file (report_string (before, "path"), MEDIA_VIDEO);
  g_autoptr (GPtrArray) second = clip_digests_of_file (report_string (after, "path"), MEDIA_VIDEO);

  g_assert_cmpstr (report_string (before, "reason"), ==, "ingestDown");
  recorder_rig_assert_same (first, self->clip->video, 0, 25);
  recorder_rig_assert_same (second, self->clip->video, 30, 15);
}

/* Files that are closed at the same moment are reported in any order. */
static JsonNode *
await_closed (Fixture *self, const char *path)
{
  for (;;) {
    JsonNode *closed = reports_await (self->reports, "segmentClosed");

    if (g_str_equal (report_string (closed, "path"), path))
      return closed;
    json_node_unref (closed);
  }
}

static void
test_an_order_begins_a_file (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = recorder_rig_settings (self, "mp4", 0, "");

  recorder_rig_start (self, "mkv", 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
  self->recorder->funcs->rotate (self->recorder);
  clip_push (self->clip, self->hub, 1, 15, 35, TRUE);
  g_autoptr (JsonNode) rotated = reports_await (self->reports, "segmentOpened");
  g_assert_true (self->recorder->funcs->change (self->recorder, json_node_get_object (node), NULL));
  clip_push (self->clip, self->hub, 1, 35, 45, TRUE);
  g_autoptr (JsonNode) changed = reports_await (self->reports, "segmentOpened");
  recorder_rig_stop (self);

  g_autoptr (JsonNode) closed = await_closed (self, report_string (opened, "path"));
  g_assert_cmpstr (report_string (closed, "reason"), ==, "rotate");
  g_assert_cmpint (report_int (closed, "frames"), ==, 20);
  g_assert_true (g_str_has_suffix (report_string (rotated, "path"), ".mkv"));
  g_assert_true (g_str_has_suffix (report_string (changed, "path"), ".mp4"));
}

typedef struct
{
  char *path;
  guint frames;
} Growing;

static gboolean
has_frames (gpointer user_data)
{
  Growing *growing = user_data;
  g_autoptr (GPtrArray) video = clip_digests_of_file (growing->path, MEDIA_VIDEO);

  return video->len >= growing->frames;
}

static void
await_frames (Fixture *self, const char *path, guint frames)
{
  Growing growing = { .path = g_strconcat (path, ".part", NULL), .frames = frames };

  reports_run_until (has_frames, &growing);
  g_free (growing.path);
}

/* What is on disk after a crash: all of the video, though the sound it could wait for has just stopped, or never comes
 * again. When it does it is in the same file. */
static void
test_silence_does_not_hold_the_video_back (Fixture *self, gconstpointer format)
{
  recorder_rig_start (self, format, 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 30, TRUE);
  g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
  clip_push (self->clip, self->hub, 1, 30, 35, FALSE);
  await_frames (self, report_string (opened, "path"), 35);
  clip_push (self->clip, self->hub, 1, 35, 80, FALSE);
  await_frames (self, report_string (opened, "path"), 80);

  clip_push (self->clip, self->hub, 1, 80, CLIP_FRAMES, TRUE);
  recorder_rig_stop (self);
  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);
  g_autoptr (GPtrArray) sound = clip_digests_of_file (report_string (closed, "path"), MEDIA_AUDIO);
  recorder_rig_assert_same (video, self->clip->video, 0, CLIP_FRAMES);
  g_assert_cmpuint (sound->len, ==, 60 + 40);
}

static void
push_sound_that_mp4_cannot_hold (Fixture *self)
{
  const Track tracks[] = {
    { .media = MEDIA_VIDEO, .encoding = g_intern_static_string ("h264") },
    { .media = MEDIA_AUDIO, .encoding = g_intern_static_string ("pcmu") },
  };
  g_autoptr (GstCaps) caps = gst_caps_from_string ("audio/x-mulaw,rate=8000,channels=1");
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 160, NULL);

  hub_begin_life (self->hub, 1, tracks, G_N_ELEMENTS (tracks));
  hub_push_frame (self->hub, 1, 1, buffer, caps, 0, 0);
}

static void
test_what_mp4_cannot_hold_is_left_out (Fixture *self, gconstpointer data)
{
  recorder_rig_start (self, "mp4", 300);
  push_sound_that_mp4_cannot_hold (self);
  clip_push (self->clip, self->hub, 1, 0, 50, FALSE);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) warning = reports_await (self->reports, "log");
  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  g_assert_nonnull (strstr (report_string (warning, "message"), "pcmu"));
  g_assert_cmpuint (reports_count (self->reports, "log"), ==, 0);
  g_assert_cmpint (report_int (closed, "frames"), ==, 10);
}

typedef struct
{
  Fixture *fixture;
  guint next;
} Pushing;

static gboolean
push_until_up (gpointer user_data)
{
  Pushing *pushing = user_data;

  clip_push (pushing->fixture->clip, pushing->fixture->hub, 1, pushing->next, pushing->next + 1, FALSE);
  pushing->next++;
  return reports_count (pushing->fixture->reports, "outputUp") > 0;
}

static void
test_a_disk_that_fails_is_tried_again (Fixture *self, gconstpointer data)
{
  g_autofree char *in_the_way = g_build_filename (self->directory, "cam", NULL);
  Pushing pushing = { .fixture = self };

  rig_write (self->directory, "cam", "a file where a directory has to be");
  recorder_rig_start (self, "mkv", 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 20, FALSE);
  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDegraded");
  JsonObject *failure = json_object_get_object_member (json_node_get_object (down), "failure");
  g_assert_cmpstr (json_object_get_string_member (failure, "reason"), ==, "disk");

  g_assert_cmpint (g_unlink (in_the_way), ==, 0);
  pushing.next = 20;
  reports_run_until (push_until_up, &pushing);
  recorder_rig_stop (self);
  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  g_assert_true (g_file_test (report_string (closed, "path"), G_FILE_TEST_EXISTS));
}

/* Files and folder gone; what is still kept goes into the next file, which waits for no keyframe. */
static void
test_a_removed_folder_is_made_again (Fixture *self, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->directory, "cam", NULL);

  recorder_rig_start (self, "mkv", 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 25, TRUE);
  g_autoptr (JsonNode) lost = reports_await (self->reports, "segmentOpened");
  rig_remove (g_strdup (folder));
  g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
  g_autoptr (JsonNode) error = reports_await (self->reports, "segmentClosed");
  clip_push (self->clip, self->hub, 1, 25, 35, TRUE);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);
  guint first = index_of (self->clip->video, g_ptr_array_index (video, 0));
  g_assert_cmpstr (report_string (error, "reason"), ==, "error");
  g_assert_cmpuint (first, <=, 20);
  recorder_rig_assert_same (video, self->clip->video, first, 35 - first);
  g_assert_cmpuint (reports_count (self->reports, "outputDegraded"), ==, 0);
}

/* By itself in the middle of a life, and back with another life that takes over without an outage. */
static void
test_another_size_begins_a_file (Fixture *self, gconstpointer format)
{
  Clip *larger = clip_new_of_size (320, 240);

  recorder_rig_start (self, format, 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  clip_push (larger, self->hub, 1, 20, 35, TRUE);
  g_autoptr (JsonNode) first = reports_await (self->reports, "segmentClosed");
  hub_stage_life (self->hub, 2);
  clip_begin (self->clip, self->hub, 2);
  clip_push (self->clip, self->hub, 2, 28, 40, TRUE);
  g_autoptr (JsonNode) second = reports_await (self->reports, "segmentClosed");
  recorder_rig_stop (self);
  g_autoptr (JsonNode) third = reports_await (self->reports, "segmentClosed");
  g_assert_cmpstr (report_string (first, "reason"), ==, "tracksChanged");
  g_assert_cmpstr (report_string (second, "reason"), ==, "tracksChanged");
  recorder_rig_assert_video (first, self->clip, 0, 15);
  recorder_rig_assert_video (second, larger, 20, 15);
  recorder_rig_assert_video (third, self->clip, 30, 10);
  clip_free (larger);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function)                                                                                      \
  g_test_add ("/recorder/" path, Fixture, data, recorder_rig_set_up, function, recorder_rig_tear_down)
  ADD ("each-frame-is-in-one-file/mkv", "mkv", test_each_frame_is_in_one_file);
  ADD ("each-frame-is-in-one-file/mp4", "mp4", test_each_frame_is_in_one_file);
  ADD ("an-outage-ends-the-file", NULL, test_an_outage_ends_the_file);
  ADD ("an-order-begins-a-file", NULL, test_an_order_begins_a_file);
  ADD ("silence-does-not-hold-the-video-back/mkv", "mkv", test_silence_does_not_hold_the_video_back);
  ADD ("silence-does-not-hold-the-video-back/mp4", "mp4", test_silence_does_not_hold_the_video_back);
  ADD ("what-mp4-cannot-hold-is-left-out", NULL, test_what_mp4_cannot_hold_is_left_out);
  ADD ("a-disk-that-fails-is-tried-again", NULL, test_a_disk_that_fails_is_tried_again);
  ADD ("a-removed-folder-is-made-again", NULL, test_a_removed_folder_is_made_again);
  ADD ("another-size-begins-a-file/mkv", "mkv", test_another_size_begins_a_file);
  ADD ("another-size-begins-a-file/mp4", "mp4", test_another_size_begins_a_file);
#undef ADD
  return g_test_run ();
}
