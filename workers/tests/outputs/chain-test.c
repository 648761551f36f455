/* One stream as the source of another: two hubs, and the socket between their workers. */
#include "chain.h"
#include "clip.h"
#include "ingest.h"
#include "reports.h"
#include "rig.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGIN "origin"
#define LIFE 7

typedef struct
{
  char *directory;
  char *former_directory;
  Reports *reports;
  Clip *clip;
  Hub *origin;
  TapDoor *door;

  Hub *copy;
  guint sink;
  Ingest *ingest;
  JsonNode *failure;

  GMutex lock;
  GPtrArray *samples[2]; /* GstSample, by track */
} Chain;

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Chain *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_assert_cmpuint (frame->life, ==, LIFE);
  g_ptr_array_add (self->samples[frame->track], gst_sample_new (frame->buffer, frame->caps, NULL, NULL));
  g_main_context_wakeup (NULL);
}

static const HubSinkFuncs sink_funcs = { on_frame, NULL };

static void
set_up (Chain *self, gconstpointer data)
{
  g_autofree char *origin = NULL;
  g_autofree char *copy = NULL;

  self->directory = rig_directory ();
  self->former_directory = g_get_current_dir ();
  origin = g_build_filename (self->directory, ORIGIN, NULL);
  copy = g_build_filename (self->directory, "copy", NULL);
  g_assert_cmpint (mkdir (origin, 0700), ==, 0);
  g_assert_cmpint (mkdir (copy, 0700), ==, 0);
  self->reports = reports_new ();
  self->clip = clip_new ();
  self->origin = hub_new ();
  self->copy = hub_new ();
  for (guint i = 0; i < G_N_ELEMENTS (self->samples); i++)
    self->samples[i] = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_sample_unref);
  self->sink = hub_attach (self->copy, &sink_funcs, self, HUB_LIVE_ONLY, NULL);
  g_assert_cmpint (chdir (origin), ==, 0);
  self->door = chain_open (self->origin, self->reports->reporter, NULL);
  g_assert_nonnull (self->door);
  g_assert_cmpint (chdir (copy), ==, 0);
}

static void
tear_down (Chain *self, gconstpointer data)
{
  if (self->ingest != NULL)
    ingest_free (self->ingest, "stopped");
  chain_close (self->door);
  hub_detach (self->copy, self->sink);
  for (guint i = 0; i < G_N_ELEMENTS (self->samples); i++)
    g_ptr_array_unref (self->samples[i]);
  g_clear_pointer (&self->failure, json_node_unref);
  clip_free (self->clip);
  reports_free (self->reports);
  hub_free (self->origin);
  hub_free (self->copy);
  g_assert_cmpint (chdir (self->former_directory), ==, 0);
  g_free (self->former_directory);
  rig_remove (self->directory);
}

static void
on_ended (Ingest *ingest, JsonNode *failure, gpointer user_data)
{
  ((Chain *)user_data)->failure = failure;
}

static void
begin (Chain *self, const char *from)
{
  g_autoptr (JsonObject) source = json_object_new ();
  const IngestSettings settings = {
    .hub = self->copy,
    .reporter = self->reports->reporter,
    .life = LIFE,
    .ended = on_ended,
    .user_data = self,
  };

  json_object_set_string_member (source, "from", from);
  json_object_set_string_member (source, "kind", "stream");
  self->ingest = ingest_start (&settings, source);
}

typedef struct
{
  Chain *chain;
  guint track;
  guint count;
} Wanted;

static gboolean
has_come (gpointer user_data)
{
  const Wanted *wanted = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&wanted->chain->lock);

  return wanted->chain->samples[wanted->track]->len >= wanted->count;
}

static gboolean
has_ended (gpointer user_data)
{
  return ((Chain *)user_data)->failure != NULL;
}

static void
await_frames (Chain *self, guint track, guint count)
{
  Wanted wanted = { .chain = self, .track = track, .count = count };

  reports_run_until (has_come, &wanted);
}

static void
assert_ends (Chain *self, const char *reason)
{
  reports_run_until (has_ended, self);
  JsonObject *failure = json_node_get_object (self->failure);
  g_assert_cmpstr (json_object_get_string_member (failure, "reason"), ==, reason);
}

/* What came on `track` is what is in `samples` from `from` on. */
static void
assert_same (Chain *self, guint track, GPtrArray *samples, guint from)
{
  g_autoptr (GPtrArray) wanted = clip_digests (samples);
  g_autoptr (GPtrArray) got = clip_digests (self->samples[track]);

  for (guint i = 0; i < got->len; i++)
    g_assert_cmpstr (g_ptr_array_index (got, i), ==, g_ptr_array_index (wanted, from + i));
}

static GstClockTime
pts_of (Chain *self, guint track, guint index)
{
  return GST_BUFFER_PTS (gst_sample_get_buffer (g_ptr_array_index (self->samples[track], index)));
}

static void
test_all_tracks_come (Chain *self, gconstpointer data)
{
  clip_begin (self->clip, self->origin, 1);
  clip_push (self->clip, self->origin, 1, 0, 17, TRUE);
  begin (self, ORIGIN);
  await_frames (self, 0, 7);
  clip_push (self->clip, self->origin, 1, 17, 30, TRUE);
  await_frames (self, 0, 20);
  await_frames (self, 1, 40);
  assert_same (self, 0, self->clip->video, 10);
  assert_same (self, 1, self->clip->sound, 20);

  g_autoptr (GPtrArray) tracks = hub_get_tracks (self->copy);
  g_assert_cmpuint (tracks->len, ==, 2);
  g_assert_true (gst_caps_is_equal (((Track *)g_ptr_array_index (tracks, 0))->caps,
                                    gst_sample_get_caps (g_ptr_array_index (self->clip->video, 0))));
  for (guint i = 1; i < 20; i++)
    g_assert_cmpuint (pts_of (self, 0, i) - pts_of (self, 0, i - 1), ==, CLIP_FRAME_TIME);
  /* Picture and sound stay together. */
  g_assert_cmpuint (pts_of (self, 1, 0), ==, pts_of (self, 0, 0));
}

static gboolean
has_a_reader (gpointer user_data)
{
  TapDoorStats stats = { 0 };

  tap_door_add_stats (((Chain *)user_data)->door, &stats);
  return stats.readers == 1;
}

/* Not with the sound of before it. */
static void
test_begins_at_the_first_keyframe (Chain *self, gconstpointer data)
{
  clip_begin (self->clip, self->origin, 1);
  begin (self, ORIGIN);
  reports_run_until (has_a_reader, self);
  clip_push (self->clip, self->origin, 1, 1, 15, TRUE);
  await_frames (self, 0, 5);
  assert_same (self, 0, self->clip->video, 10);
}

/* What comes out of the ring is of before: the present frame has the present as its time. */
static void
test_the_gop_of_before_does_not_run_ahead (Chain *self, gconstpointer data)
{
  guint64 backlog = 9 * CLIP_FRAME_TIME;

  clip_begin (self->clip, self->origin, 1);
  clip_push (self->clip, self->origin, 1, 0, 1, FALSE);
  GstClockTime began = hub_now (self->origin);
  while (hub_now (self->origin) < began + backlog)
    g_usleep (1000);
  clip_push (self->clip, self->origin, 1, 1, 10, FALSE);
  begin (self, ORIGIN);
  await_frames (self, 0, 10);
  g_assert_cmpuint (pts_of (self, 0, 9), <=, hub_now (self->copy));
}

static void
test_ends_with_the_source_of_the_other (Chain *self, gconstpointer data)
{
  clip_begin (self->clip, self->origin, 1);
  clip_push (self->clip, self->origin, 1, 0, 5, TRUE);
  begin (self, ORIGIN);
  await_frames (self, 0, 5);
  hub_end_life (self->origin, 1, "error");
  assert_ends (self, "endOfStream");
}

static void
test_ends_when_the_tracks_are_others (Chain *self, gconstpointer data)
{
  clip_begin (self->clip, self->origin, 1);
  clip_push (self->clip, self->origin, 1, 0, 5, TRUE);
  begin (self, ORIGIN);
  await_frames (self, 0, 5);
  hub_stage_life (self->origin, 2);
  clip_begin_without_sound (self->clip, self->origin, 2);
  clip_push (self->clip, self->origin, 2, 10, 15, FALSE);
  assert_ends (self, "endOfStream");
}

/* A life that takes over with the same tracks is no outage for anybody. */
static void
test_goes_on_over_a_take_over (Chain *self, gconstpointer data)
{
  clip_begin (self->clip, self->origin, 1);
  clip_push (self->clip, self->origin, 1, 0, 10, TRUE);
  begin (self, ORIGIN);
  await_frames (self, 0, 10);
  hub_stage_life (self->origin, 2);
  clip_begin (self->clip, self->origin, 2);
  clip_push (self->clip, self->origin, 2, 10, 15, TRUE);
  await_frames (self, 0, 15);
  assert_same (self, 0, self->clip->video, 0);
  for (guint i = 1; i < 15; i++)
    g_assert_cmpuint (pts_of (self, 0, i), >, pts_of (self, 0, i - 1));
  g_assert_null (self->failure);
}

static void
test_is_refused_while_there_is_nothing (Chain *self, gconstpointer data)
{
  begin (self, ORIGIN);
  assert_ends (self, "refused");
}

static void
test_is_refused_where_nobody_is (Chain *self, gconstpointer data)
{
  begin (self, "nobody");
  assert_ends (self, "refused");
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

static void
test_passes_on_who_wants_a_keyframe (Chain *self, gconstpointer data)
{
  gboolean wanted = FALSE;

  hub_set_keyframe_func (self->origin, 1, on_keyframe_wanted, &wanted);
  clip_begin (self->clip, self->origin, 1);
  clip_push (self->clip, self->origin, 1, 0, 5, TRUE);
  begin (self, ORIGIN);
  await_frames (self, 0, 5);
  g_assert_false (wanted);
  hub_request_keyframe (self->copy);
  reports_run_until (is_true, &wanted);
  hub_end_life (self->origin, 1, "stopped");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/chain/" path, Chain, NULL, set_up, function, tear_down)
  ADD ("all-tracks-come", test_all_tracks_come);
  ADD ("begins-at-the-first-keyframe", test_begins_at_the_first_keyframe);
  ADD ("the-gop-of-before-does-not-run-ahead", test_the_gop_of_before_does_not_run_ahead);
  ADD ("ends-with-the-source-of-the-other", test_ends_with_the_source_of_the_other);
  ADD ("ends-when-the-tracks-are-others", test_ends_when_the_tracks_are_others);
  ADD ("goes-on-over-a-take-over", test_goes_on_over_a_take_over);
  ADD ("is-refused-while-there-is-nothing", test_is_refused_while_there_is_nothing);
  ADD ("is-refused-where-nobody-is", test_is_refused_where_nobody_is);
  ADD ("passes-on-who-wants-a-keyframe", test_passes_on_who_wants_a_keyframe);
#undef ADD
  return g_test_run ();
}
