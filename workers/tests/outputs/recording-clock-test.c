/* The clock on the wall is set while recordings are named after it: no file takes the place of another, no frame is
 * lost. */
#include "faults.h"
#include "recorder-rig.h"

#define FRAMES_A_FILE 10
#define EVERY_MS (FRAMES_A_FILE * CLIP_FRAME_TIME / GST_MSECOND)

/* How fast it is in each file, in seconds: back and forth over an hour and a day, and the same hour again. */
static const gint jumps[] = { 0, -3600, 86400, 0, -3600, 1 };

static void
test_the_clock_is_set (RecorderRig *self, gconstpointer format)
{
  g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  faults_reset ();
  recorder_rig_start (self, format, EVERY_MS);
  clip_begin (self->clip, self->hub, 1);
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++) {
    faults_get ()->clock_s = jumps[i];
    clip_push (self->clip, self->hub, 1, i * FRAMES_A_FILE, (i + 1) * FRAMES_A_FILE, TRUE);
    g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
    g_hash_table_add (paths, g_strdup (report_string (opened, "path")));
  }
  recorder_rig_stop (self);
  g_assert_cmpuint (g_hash_table_size (paths), ==, G_N_ELEMENTS (jumps));
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++) {
    g_autoptr (JsonNode) closed = reports_await (self->reports, "segmentClosed");
    g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);

    g_assert_true (g_hash_table_contains (paths, report_string (closed, "path")));
    g_assert_cmpuint (video->len, ==, FRAMES_A_FILE);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(format)                                                                                                    \
  g_test_add ("/recording-clock/is-set/" format, RecorderRig, format, recorder_rig_set_up, test_the_clock_is_set,      \
              recorder_rig_tear_down)
  ADD ("mkv");
  ADD ("mp4");
  return g_test_run ();
}
