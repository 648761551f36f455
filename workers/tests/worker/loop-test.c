/* A looping file has no seam: over several passes every track's presentation times, in order, step by one frame
 * interval, and decode times strictly rise. Opus alone has a first packet that is shorter by its pre-skip. All clips
 * run at once. Arguments: the clips, each about a second long. */
#include "ingest.h"

#include <stdlib.h>

#define TOLERANCE_NS (1 * (gint64)GST_MSECOND)
#define OPUS_PRE_SKIP_NS (gint64) (6.5 * GST_MSECOND)
#define WANTED_PASSES 3.2

typedef struct
{
  const char *clip;
  Hub *hub;
  Ingest *ingest;
  guint sink;
  GArray *pts[4]; /* gint64, by track */
  gint64 last_dts[4];
  gboolean is_opus[4];
  gint64 until;
  gint done;
  char *failure;
} Run;

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Run *run = user_data;
  gint64 pts = (gint64)GST_BUFFER_PTS (frame->buffer);
  gint64 dts = (gint64)GST_BUFFER_DTS (frame->buffer);

  g_assert_cmpint (frame->track, <, G_N_ELEMENTS (run->pts));
  if (run->pts[frame->track] == NULL)
    run->pts[frame->track] = g_array_new (FALSE, FALSE, sizeof (gint64));
  else
    g_assert_cmpint (dts, >, run->last_dts[frame->track]);
  run->last_dts[frame->track] = dts;
  run->is_opus[frame->track] = gst_structure_has_name (gst_caps_get_structure (frame->caps, 0), "audio/x-opus");
  g_array_append_val (run->pts[frame->track], pts);
  if (run->until == 0)
    run->until = pts + (gint64)(WANTED_PASSES * GST_SECOND);
  if (pts > run->until)
    g_atomic_int_set (&run->done, TRUE);
}

static void
on_ended (Ingest *ingest, JsonNode *failure, gpointer user_data)
{
  Run *run = user_data;

  run->failure = json_to_string (failure, FALSE);
  json_node_unref (failure);
  g_atomic_int_set (&run->done, TRUE);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 difference = *(const gint64 *)a - *(const gint64 *)b;

  return difference < 0 ? -1 : difference > 0;
}

/* The newest frames may still miss one that is shown before them. */
#define UNSETTLED 8

static void
check_steps (const char *clip, guint track, gboolean is_opus, GArray *pts)
{
  g_autoptr (GArray) steps = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_sort (pts, compare);
  g_assert_cmpuint (pts->len, >, UNSETTLED + 10);
  for (guint i = 1; i + UNSETTLED < pts->len; i++) {
    gint64 step = g_array_index (pts, gint64, i) - g_array_index (pts, gint64, i - 1);
    g_array_append_val (steps, step);
  }
  g_autoptr (GArray) sorted = g_array_copy (steps);
  g_array_sort (sorted, compare);
  gint64 usual = g_array_index (sorted, gint64, sorted->len / 2);
  for (guint i = 0; i < steps->len; i++) {
    gint64 step = g_array_index (steps, gint64, i);
    if (ABS (step - usual) > TOLERANCE_NS
        && !(is_opus && step > 0 && ABS (step + OPUS_PRE_SKIP_NS - usual) < 2 * TOLERANCE_NS))
      g_error ("%s, track %u: after frame %u a step of %.3f ms, where %.3f ms are usual", clip, track, i, step / 1e6,
               usual / 1e6);
  }
}

static const HubSinkFuncs sink_funcs = { .frame = on_frame };

static void
start (Run *run, Reporter *reporter)
{
  g_autoptr (JsonObject) source = json_object_new ();
  const IngestSettings settings = {
    .hub = run->hub = hub_new (),
    .reporter = reporter,
    .pipelines = g_getenv ("DSLRS_TEST_PIPELINES"),
    .life = 1,
    .first_frame_ms = 10000,
    .ended = on_ended,
    .user_data = run,
  };

  json_object_set_string_member (source, "kind", "file");
  json_object_set_string_member (source, "path", run->clip);
  json_object_set_boolean_member (source, "loop", TRUE);
  run->sink = hub_attach (run->hub, &sink_funcs, run, HUB_LIVE_ONLY, NULL);
  run->ingest = ingest_start (&settings, source);
}

static void
test_clip (gconstpointer data)
{
  const Run *run = data;

  g_assert_cmpstr (run->failure, ==, NULL);
  g_assert_nonnull (run->pts[0]);
  for (guint i = 0; i < G_N_ELEMENTS (run->pts); i++)
    if (run->pts[i] != NULL)
      check_steps (run->clip, i, run->is_opus[i], run->pts[i]);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
finish (Run *run)
{
  ingest_free (run->ingest, "stopped");
  hub_detach (run->hub, run->sink);
  hub_free (run->hub);
}

static void
run_free (Run *run)
{
  for (guint i = 0; i < G_N_ELEMENTS (run->pts); i++)
    g_clear_pointer (&run->pts[i], g_array_unref);
  g_free (run->failure);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  guint n_runs = (guint)argc - 1;
  g_autofree Run *runs = g_new0 (Run, n_runs);
  Reporter *reporter = reporter_new ();

  for (guint i = 0; i < n_runs; i++) {
    runs[i].clip = argv[i + 1];
    start (&runs[i], reporter);
  }
  /* The main context is woken at least every 10 ms: frames come on other threads. */
  guint tick = g_timeout_add (10, G_SOURCE_FUNC (on_tick), NULL);
  for (guint i = 0; i < n_runs; i++)
    while (!g_atomic_int_get (&runs[i].done))
      g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < n_runs; i++) {
    finish (&runs[i]);
    g_autofree char *name = g_path_get_basename (runs[i].clip);
    g_autofree char *path = g_strconcat ("/loop/", name, NULL);
    g_test_add_data_func (path, &runs[i], test_clip);
  }
  g_source_remove (tick);
  int result = g_test_run ();
  for (guint i = 0; i < n_runs; i++)
    run_free (&runs[i]);
  reporter_free (reporter);
  return result;
}
