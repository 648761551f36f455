/* When the recorder ends a file and why, also where the source does not do its part. */
#include "recorder-rig.h"
#include "rig.h"

#include <glib/gstdio.h>
#include <string.h>

static void
push_without_keyframes (RecorderRig *self, guint from, guint to)
{
  for (guint i = from; i < to; i++)
    if (i % CLIP_GOP != 0)
      clip_push (self->clip, self->hub, 1, i, i + 1, FALSE);
}

static void
on_keyframe_wanted (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *)user_data;
}

static gint64
stat_of (RecorderRig *self, const char *name)
{
  g_autoptr (JsonNode) stats = recorder_rig_stats (self);

  return report_int (stats, name);
}

/* At its limit of 10 frames the source is asked, at twice that the file ends; the rest of the time has no file. */
static void
test_no_keyframe_comes (RecorderRig *self, gconstpointer format)
{
  gboolean asked = FALSE;

  recorder_rig_start (self, format, 10 * CLIP_FRAME_TIME / GST_MSECOND);
  hub_set_keyframe_func (self->hub, 1, on_keyframe_wanted, &asked);
  clip_begin_without_sound (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 1, FALSE);
  push_without_keyframes (self, 1, 15);
  reports_run_until (is_true, &asked);
  g_assert_cmpuint (reports_count (self->reports, "segmentClosed"), ==, 0);
  push_without_keyframes (self, 15, 30);
  g_autoptr (JsonNode) first = reports_await (self->reports, "segmentClosed");
  clip_push (self->clip, self->hub, 1, 30, 36, FALSE);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) second = reports_await (self->reports, "segmentClosed");
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (first, "path"), MEDIA_VIDEO);
  g_assert_cmpstr (report_string (first, "reason"), ==, "noKeyframe");
  g_assert_cmpuint (video->len, ==, 10 + 9);
  g_assert_cmpstr (report_string (second, "reason"), ==, "stopped");
  recorder_rig_assert_video (second, self->clip, 30, 6);
  g_assert_cmpint (stat_of (self, "framesDropped"), ==, 9);
  g_assert_cmpint (stat_of (self, "frames"), ==, 10 + 9 + 6);
}

/* Better one long file than none: the next one can't be made, neither at first nor when it is tried again. */
static void
test_a_file_without_a_successor_goes_on (RecorderRig *self, gconstpointer data)
{
  g_autofree char *in_the_way = g_build_filename (self->directory, "elsewhere", NULL);
  g_autofree char *more = g_strdup_printf ("\"roots\":[\"%s\"]", in_the_way);
  g_autoptr (JsonNode) elsewhere = recorder_rig_settings (self, "mkv", 400, more);

  recorder_rig_start (self, "mkv", 400);
  LiveClip live = live_clip_begin (self, 1, FALSE);
  g_autoptr (JsonNode) opened = live_clip_await (&live, "segmentOpened");
  rig_write (self->directory, "elsewhere", "a file where a directory has to be");
  g_assert_true (self->recorder->funcs->change (self->recorder, json_node_get_object (elsewhere), NULL));
  live_clip_run_to (&live, 90);
  recorder_rig_stop (self);

  g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
  recorder_rig_assert_video (closed, self->clip, 0, live.next);
}

static gboolean
is_within_second (gpointer user_data)
{
  gint64 us = g_get_real_time () % G_USEC_PER_SEC;

  return us >= 300 * 1000 && us < 500 * 1000;
}

/* Begun within a second, a file of one second is shorter than one. */
static void
test_files_begin_by_the_clock (RecorderRig *self, gconstpointer data)
{
  recorder_rig_start_with (self, "mkv", 1000, "\"align\":true");
  reports_run_until (is_within_second, NULL);
  LiveClip live = live_clip_begin (self, 1, FALSE);
  g_autoptr (JsonNode) first = live_clip_await (&live, "segmentClosed");
  recorder_rig_stop (self);

  g_autoptr (JsonNode) second = reports_await (self->reports, "segmentClosed");
  guint n = (guint)report_int (first, "frames");
  g_assert_cmpstr (report_string (first, "reason"), ==, "time");
  g_assert_cmpint (report_int (first, "durationMs"), <, 1000);
  g_assert_cmpint (report_int (second, "startedAt") / 1000, ==, report_int (first, "startedAt") / 1000 + 1);
  recorder_rig_assert_video (first, self->clip, 0, n);
  recorder_rig_assert_video (second, self->clip, n, (guint)report_int (second, "frames"));
}

/* The picture goes on without an outage, but from a source that has no sound. */
static void
test_other_tracks_begin_a_file (RecorderRig *self, gconstpointer data)
{
  recorder_rig_start (self, "mkv", 0);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  hub_stage_life (self->hub, 2);
  clip_begin_without_sound (self->clip, self->hub, 2);
  clip_push (self->clip, self->hub, 2, 20, 35, FALSE);
  g_autoptr (JsonNode) first = reports_await (self->reports, "segmentClosed");
  recorder_rig_stop (self);

  g_autoptr (JsonNode) second = reports_await (self->reports, "segmentClosed");
  g_assert_cmpstr (report_string (first, "reason"), ==, "tracksChanged");
  recorder_rig_assert_video (first, self->clip, 0, 15);
  recorder_rig_assert_video (second, self->clip, 20, 15);
}

static guint
mode_of (const char *path)
{
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

/* 0644 and 0755; then 0600 from the next file on. */
static void
test_modes_apply_to_the_next_file (RecorderRig *self, gconstpointer data)
{
  g_autoptr (JsonNode) changed = recorder_rig_settings (self, "mkv", 0, "\"mode\":384");

  recorder_rig_start_with (self, "mkv", 0, "\"mode\":420,\"directoryMode\":493");
  clip_begin_without_sound (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 5, FALSE);
  g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
  g_assert_true (self->recorder->funcs->change (self->recorder, json_node_get_object (changed), NULL));
  self->recorder->funcs->rotate (self->recorder);
  clip_push (self->clip, self->hub, 1, 5, 15, FALSE);
  g_autoptr (JsonNode) first = reports_await (self->reports, "segmentClosed");
  recorder_rig_stop (self);

  g_autoptr (JsonNode) second = reports_await (self->reports, "segmentClosed");
  g_autofree char *folder = g_path_get_dirname (report_string (first, "path"));
  g_assert_cmphex (mode_of (report_string (first, "path")), ==, 0644);
  g_assert_cmphex (mode_of (report_string (second, "path")), ==, 0600);
  g_assert_cmphex (mode_of (folder), ==, 0755);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function)                                                                                      \
  g_test_add ("/rotation/" path, RecorderRig, data, recorder_rig_set_up, function, recorder_rig_tear_down)
  ADD ("no-keyframe-comes/mkv", "mkv", test_no_keyframe_comes);
  ADD ("no-keyframe-comes/mp4", "mp4", test_no_keyframe_comes);
  ADD ("a-file-without-a-successor-goes-on", NULL, test_a_file_without_a_successor_goes_on);
  ADD ("files-begin-by-the-clock", NULL, test_files_begin_by_the_clock);
  ADD ("other-tracks-begin-a-file", NULL, test_other_tracks_begin_a_file);
  ADD ("modes-apply-to-the-next-file", NULL, test_modes_apply_to_the_next_file);
#undef ADD
  return g_test_run ();
}
