/* Recordings of events: what was before the trigger, how long after it, and what several of them make. */
#include "recorder-rig.h"
#include "rig.h"

/* 1 s before, at most `most_ms`. */
static LiveClip
start (RecorderRig *self, const char *format, int most_ms, int pre_bytes)
{
  g_autofree char *trigger
      = g_strdup_printf ("\"trigger\":{\"preMs\":1000,\"mostMs\":%d,\"preBytes\":%d}", most_ms, pre_bytes);

  recorder_rig_start_with (self, format, 0, trigger);
  return live_clip_begin (self, 1, TRUE);
}

static gboolean
order (RecorderRig *self, int for_ms, int pre_ms)
{
  g_autofree char *text = g_strdup_printf ("{\"forMs\":%d,\"preMs\":%d}", for_ms, pre_ms);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return self->recorder->funcs->trigger (self->recorder, json_node_get_object (node), NULL);
}

static void
trigger (RecorderRig *self, int for_ms, int pre_ms)
{
  g_assert_true (order (self, for_ms, pre_ms));
}

/* The frames of a file: the first is the keyframe `from`, and all follow up to its end. Returns how many there are. */
static guint
assert_from (RecorderRig *self, JsonNode *closed, guint from)
{
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);

  recorder_rig_assert_same (video, self->clip->video, from, video->len);
  g_assert_cmpint (report_int (closed, "frames"), ==, video->len);
  g_assert_cmpint (report_int (closed, "keyframes"), ==, (video->len + CLIP_GOP - 1) / CLIP_GOP);
  return video->len;
}

static void
test_from_before_until_after (RecorderRig *self, gconstpointer format)
{
  LiveClip live = start (self, format, 60000, 1 << 20);

  /* As far as can be from the keyframes at 30 and 40, a second later. */
  live_clip_run_to (&live, 60);
  g_assert_cmpuint (reports_count (self->reports, "segmentOpened"), ==, 0);
  trigger (self, 600, -1);
  g_autoptr (JsonNode) closed = live_clip_await (&live, "segmentClosed");
  guint n = assert_from (self, closed, 30);
  g_autoptr (GPtrArray) sound = clip_digests_of_file (report_string (closed, "path"), MEDIA_AUDIO);

  g_assert_cmpstr (report_string (closed, "reason"), ==, "event");
  /* Whole GOPs, at least what came in that time on a busy machine. */
  g_assert_cmpuint (n % CLIP_GOP, ==, 0);
  g_assert_cmpuint (30 + n, >=, 60 + 10);
  g_assert_cmpuint (sound->len, >=, 2 * n - 20);
  g_autoptr (JsonNode) stats = recorder_rig_stats (self);
  g_assert_cmpstr (report_string (stats, "state"), ==, "waiting");
}

static guint
first_frame (RecorderRig *self, GPtrArray *video)
{
  g_autoptr (GPtrArray) all = clip_digests (self->clip->video);
  guint first = 0;

  g_assert_true (g_ptr_array_find_with_equal_func (all, g_ptr_array_index (video, 0), g_str_equal, &first));
  return first;
}

/* One recording of two that overlap; the next one joins it, since the time before it has been recorded already. */
static void
test_triggers_merge (RecorderRig *self, gconstpointer data)
{
  LiveClip live = start (self, "mkv", 60000, 1 << 20);

  live_clip_run_to (&live, 30);
  trigger (self, 400, 0);
  g_autoptr (JsonNode) first = live_clip_await (&live, "segmentOpened");
  live_clip_run_to (&live, 35);
  trigger (self, 800, 1000);
  g_autoptr (JsonNode) both = live_clip_await (&live, "segmentClosed");
  trigger (self, 100, 1000);
  g_autoptr (JsonNode) next = live_clip_await (&live, "segmentOpened");
  g_autoptr (JsonNode) third = live_clip_await (&live, "segmentClosed");

  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (both, "path"), MEDIA_VIDEO);
  g_assert_cmpuint (video->len, >=, 20);
  g_assert_true (json_object_get_boolean_member (json_node_get_object (next), "continues"));
  guint begun = first_frame (self, video);
  assert_from (self, both, begun);
  assert_from (self, third, begun + video->len);
}

static void
test_it_has_an_end (RecorderRig *self, gconstpointer data)
{
  LiveClip live = start (self, "mkv", 1500, 1 << 20);

  live_clip_run_to (&live, 30);
  trigger (self, 60000, 0);
  g_autoptr (JsonNode) closed = live_clip_await (&live, "segmentClosed");
  g_assert_cmpstr (report_string (closed, "reason"), ==, "event");
  g_assert_cmpint (report_int (closed, "durationMs"), <=, 1600);
}

/* Back before the end, it is recorded on. */
static void
test_an_outage_within (RecorderRig *self, gconstpointer data)
{
  LiveClip live = start (self, "mkv", 60000, 1 << 20);

  live_clip_run_to (&live, 20);
  trigger (self, 60000, 0);
  g_autoptr (JsonNode) opened = live_clip_await (&live, "segmentOpened");
  hub_end_life (self->hub, 1, "error");
  g_autoptr (JsonNode) before = reports_await (self->reports, "segmentClosed");
  LiveClip back = live_clip_begin (self, 2, TRUE);
  g_autoptr (JsonNode) again = live_clip_await (&back, "segmentOpened");
  recorder_rig_stop (self);
  g_autoptr (JsonNode) after = reports_await (self->reports, "segmentClosed");

  g_assert_cmpstr (report_string (before, "reason"), ==, "ingestDown");
  g_assert_false (json_object_get_boolean_member (json_node_get_object (again), "continues"));
  assert_from (self, after, 0);
}

/* A recorder that was just added has the present GOP. */
static void
test_one_added_for_it (RecorderRig *self, gconstpointer data)
{
  LiveClip live = live_clip_begin (self, 1, TRUE);

  live_clip_run_to (&live, 25);
  recorder_rig_start_with (self, "mkv", 0, "\"trigger\":{\"preMs\":0,\"mostMs\":60000,\"preBytes\":1000000}");
  trigger (self, 200, 5000);
  g_autoptr (JsonNode) closed = live_clip_await (&live, "segmentClosed");
  assert_from (self, closed, 20);
}

/* Little memory: at most a GOP or two of this clip are kept. */
static void
test_memory_is_bounded (RecorderRig *self, gconstpointer data)
{
  gsize gop = 0;

  for (guint i = 0; i < CLIP_GOP; i++)
    gop += gst_buffer_get_size (gst_sample_get_buffer (g_ptr_array_index (self->clip->video, i)));
  LiveClip live = start (self, "mkv", 60000, (int)(2 * gop));
  live_clip_run_to (&live, 61);
  g_autoptr (JsonNode) stats = recorder_rig_stats (self);
  g_assert_cmpint (report_int (stats, "preBytes"), >, 0);
  g_assert_cmpint (report_int (stats, "preBytes"), <=, 3 * (gint64)gop);
}

static void
test_others_take_no_trigger (RecorderRig *self, gconstpointer data)
{
  recorder_rig_start (self, "mkv", 0);
  g_assert_false (order (self, 1000, -1));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function)                                                                                      \
  g_test_add ("/trigger/" path, RecorderRig, data, recorder_rig_set_up, function, recorder_rig_tear_down)
  ADD ("from-before-until-after/mkv", "mkv", test_from_before_until_after);
  ADD ("from-before-until-after/mp4", "mp4", test_from_before_until_after);
  ADD ("triggers-merge", NULL, test_triggers_merge);
  ADD ("it-has-an-end", NULL, test_it_has_an_end);
  ADD ("an-outage-within", NULL, test_an_outage_within);
  ADD ("one-added-for-it", NULL, test_one_added_for_it);
  ADD ("memory-is-bounded", NULL, test_memory_is_bounded);
  ADD ("others-take-no-trigger", NULL, test_others_take_no_trigger);
#undef ADD
  return g_test_run ();
}
