/* The hub: what a sink gets on joining, that nothing is lost or doubled, and that lives that ended stay ended. */
#include "hub.h"

#define FRAME ((gint64)(40 * GST_MSECOND))

typedef struct
{
  GArray *numbers; /* guint8: first byte of every frame */
  guint downs;
  GstClockTime dts; /* of the last frame; each must lie after the one before */
} Seen;

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Seen *seen = user_data;
  guint8 number = 0;

  gst_buffer_extract (frame->buffer, 0, &number, 1);
  g_array_append_val (seen->numbers, number);
  g_assert_cmpuint (GST_BUFFER_DTS (frame->buffer), >, seen->dts);
  seen->dts = GST_BUFFER_DTS (frame->buffer);
}

static void
on_down (const char *reason, gpointer user_data)
{
  ((Seen *)user_data)->downs++;
}

static const HubSinkFuncs funcs = { .frame = on_frame, .ingest_down = on_down };

static void
push (Hub *hub, guint64 life, guint8 number, gboolean keyframe)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-h264", "profile", G_TYPE_STRING, "baseline", NULL);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (&number, 1);

  if (!keyframe)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  hub_push_frame (hub, life, 0, buffer, caps, number * FRAME, HUB_NO_TIME);
}

static void
begin (Hub *hub, guint64 life, const char *encoding)
{
  const Track track = { .media = MEDIA_VIDEO, .encoding = g_intern_string (encoding) };

  hub_begin_life (hub, life, &track, 1);
}

static Seen
seen_new (void)
{
  return (Seen){ .numbers = g_array_new (FALSE, FALSE, 1) };
}

static void
assert_seen (Seen *seen, const char *numbers)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < seen->numbers->len; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? " " : "", g_array_index (seen->numbers, guint8, i));
  g_assert_cmpstr (text->str, ==, numbers);
  g_array_unref (seen->numbers);
}

static void
test_join_replays_the_gop_once (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();

  begin (hub, 1, "h264");
  push (hub, 1, 1, TRUE);
  push (hub, 1, 2, FALSE);
  push (hub, 1, 3, TRUE);
  push (hub, 1, 4, FALSE);
  guint sink = hub_attach (hub, &funcs, &seen, HUB_REPLAY_GOP, NULL);
  push (hub, 1, 5, FALSE);
  hub_detach (hub, sink);
  push (hub, 1, 6, FALSE);
  assert_seen (&seen, "3 4 5");
}

static void
test_frames_before_the_first_keyframe_are_not_kept (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();

  begin (hub, 1, "h264");
  push (hub, 1, 1, FALSE);
  g_assert_false (hub_is_ready (hub));
  guint sink = hub_attach (hub, &funcs, &seen, HUB_REPLAY_GOP, NULL);
  push (hub, 1, 2, TRUE);
  g_assert_true (hub_is_ready (hub));
  hub_detach (hub, sink);
  assert_seen (&seen, "2");
}

static void
test_an_outage_keeps_the_last_gop_for_viewers_only (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen viewer = seen_new ();
  Seen recorder = seen_new ();
  g_autoptr (GPtrArray) tracks = NULL;

  begin (hub, 1, "h264");
  push (hub, 1, 1, TRUE);
  hub_end_life (hub, 1, "reset");
  push (hub, 1, 2, TRUE);
  hub_attach (hub, &funcs, &viewer, HUB_REPLAY_LAST_GOP, &tracks);
  hub_attach (hub, &funcs, &recorder, HUB_REPLAY_GOP, NULL);
  g_assert_cmpuint (tracks->len, ==, 1);
  begin (hub, 2, "h264");
  push (hub, 1, 3, TRUE);
  push (hub, 2, 4, TRUE);
  hub_end_life (hub, 1, "late");
  g_assert_cmpuint (viewer.downs, ==, 0);
  hub_end_life (hub, 2, "stopped");
  g_assert_cmpuint (viewer.downs, ==, 1);
  assert_seen (&viewer, "1 4");
  assert_seen (&recorder, "4");
}

static void
test_other_encodings_forget_the_ring (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();
  g_autoptr (GPtrArray) tracks = NULL;

  begin (hub, 1, "h264");
  push (hub, 1, 1, TRUE);
  hub_end_life (hub, 1, "reset");
  begin (hub, 2, "h265");
  g_assert_false (hub_is_ready (hub));
  hub_attach (hub, &funcs, &seen, HUB_REPLAY_LAST_GOP, &tracks);
  g_assert_cmpuint (tracks->len, ==, 0);
  assert_seen (&seen, "");
}

static void
on_ready (gpointer user_data)
{
  g_main_loop_quit (user_data);
}

static void
must_not_be_called (gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_waiting_until_ready (void)
{
  g_autoptr (Hub) hub = hub_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  begin (hub, 1, "h264");
  hub_cancel_ready (hub, hub_when_ready (hub, must_not_be_called, NULL));
  hub_when_ready (hub, on_ready, loop);
  push (hub, 1, 1, TRUE);
  g_main_loop_run (loop);
  hub_when_ready (hub, on_ready, loop);
  g_main_loop_run (loop);
}

static void
begin_with_sound (Hub *hub, guint64 life)
{
  const Track tracks[] = {
    { .index = 0, .media = MEDIA_VIDEO, .encoding = g_intern_string ("h264") },
    { .index = 1, .media = MEDIA_AUDIO, .encoding = g_intern_string ("pcma") },
  };

  hub_begin_life (hub, life, tracks, G_N_ELEMENTS (tracks));
}

static void
test_ready_with_its_sound (void)
{
  g_autoptr (Hub) hub = hub_new ();
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-alaw");
  g_autoptr (GstBuffer) sound = gst_buffer_new_memdup ("", 1);

  begin_with_sound (hub, 1);
  push (hub, 1, 1, TRUE);
  g_assert_false (hub_is_ready (hub));
  hub_push_frame (hub, 1, 1, sound, caps, FRAME, HUB_NO_TIME);
  g_assert_true (hub_is_ready (hub));
}

static void
test_ready_without_sound_that_does_not_come (void)
{
  g_autoptr (Hub) hub = hub_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  begin_with_sound (hub, 1);
  hub_when_ready (hub, on_ready, loop);
  push (hub, 1, 1, TRUE);
  push (hub, 1, 2, FALSE);
  g_main_loop_run (loop);
  g_assert_true (hub_is_ready (hub));
}

static void
test_a_staged_life_takes_over_at_its_keyframe (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();

  begin (hub, 1, "h264");
  push (hub, 1, 1, TRUE);
  hub_attach (hub, &funcs, &seen, HUB_REPLAY_GOP, NULL);
  hub_stage_life (hub, 2);
  begin (hub, 2, "h264");
  push (hub, 1, 2, FALSE);
  g_assert_false (hub_has_frames (hub, 2));
  push (hub, 2, 101, FALSE);
  g_assert_true (hub_has_frames (hub, 2));
  push (hub, 1, 3, FALSE);
  push (hub, 2, 102, TRUE);
  push (hub, 1, 4, TRUE);
  push (hub, 2, 103, FALSE);
  hub_end_life (hub, 1, "late");
  g_assert_cmpuint (seen.downs, ==, 0);
  push (hub, 2, 104, FALSE);
  assert_seen (&seen, "1 2 3 102 103 104");
}

static void
test_a_staged_life_with_other_tracks_replaces_them (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();
  Seen late = seen_new ();

  begin (hub, 1, "h264");
  push (hub, 1, 1, TRUE);
  hub_attach (hub, &funcs, &seen, HUB_REPLAY_GOP, NULL);
  hub_stage_life (hub, 2);
  begin (hub, 2, "h265");
  push (hub, 1, 2, FALSE);
  g_assert_cmpuint (seen.downs, ==, 0);
  push (hub, 2, 3, TRUE);
  g_assert_cmpuint (seen.downs, ==, 1);
  g_autoptr (GPtrArray) tracks = hub_get_all_tracks (hub);
  g_assert_cmpstr (((Track *)g_ptr_array_index (tracks, 0))->encoding, ==, "h265");
  hub_attach (hub, &funcs, &late, HUB_REPLAY_GOP, NULL);
  assert_seen (&seen, "1 2 3");
  assert_seen (&late, "3");
}

static void
test_a_staged_life_that_fails_leaves_no_trace (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();

  begin (hub, 1, "h264");
  hub_attach (hub, &funcs, &seen, HUB_LIVE_ONLY, NULL);
  push (hub, 1, 1, TRUE);
  hub_stage_life (hub, 2);
  begin (hub, 2, "h265");
  hub_end_life (hub, 2, "error");
  push (hub, 2, 2, TRUE);
  push (hub, 1, 3, FALSE);
  g_assert_cmpuint (seen.downs, ==, 0);
  assert_seen (&seen, "1 3");
}

static void
test_a_staged_life_begins_though_the_present_one_ended (void)
{
  g_autoptr (Hub) hub = hub_new ();
  Seen seen = seen_new ();

  begin (hub, 1, "h264");
  hub_attach (hub, &funcs, &seen, HUB_LIVE_ONLY, NULL);
  push (hub, 1, 1, TRUE);
  hub_stage_life (hub, 2);
  begin (hub, 2, "h264");
  hub_end_life (hub, 1, "error");
  g_assert_cmpuint (seen.downs, ==, 1);
  push (hub, 2, 2, FALSE);
  push (hub, 2, 3, TRUE);
  g_assert_cmpuint (seen.downs, ==, 1);
  assert_seen (&seen, "1 3");
}

static void
count_call (gpointer user_data)
{
  ++*(guint *)user_data;
}

static void
do_what_is_posted (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
test_keyframe_requests_are_rate_limited (void)
{
  g_autoptr (Hub) hub = hub_new ();
  guint calls = 0;

  hub_set_keyframe_func (hub, 1, count_call, &calls);
  begin (hub, 1, "h264");
  for (int i = 0; i < 10; i++) {
    hub_request_keyframe (hub);
    do_what_is_posted ();
  }
  g_assert_cmpuint (calls, ==, 1);
}

static void
test_keyframe_requests_go_to_their_life (void)
{
  g_autoptr (Hub) hub = hub_new ();
  guint present = 0;
  guint staged = 0;

  hub_set_keyframe_func (hub, 1, count_call, &present);
  begin (hub, 1, "h264");
  push (hub, 1, 1, TRUE);
  hub_stage_life (hub, 2);
  hub_set_keyframe_func (hub, 2, count_call, &staged);
  begin (hub, 2, "h264");
  push (hub, 2, 2, FALSE);
  do_what_is_posted ();
  g_assert_cmpuint (present, ==, 0);
  g_assert_cmpuint (staged, ==, 1);
  hub_request_keyframe (hub);
  do_what_is_posted ();
  g_assert_cmpuint (present, ==, 1);
  hub_end_life (hub, 1, "error");
  hub_request_keyframe (hub);
  do_what_is_posted ();
  g_assert_cmpuint (present, ==, 1);
}

static void
test_a_life_without_a_keyframe_is_asked_for_one (void)
{
  g_autoptr (Hub) hub = hub_new ();
  guint calls = 0;

  hub_set_keyframe_func (hub, 1, count_call, &calls);
  begin (hub, 1, "h264");
  push (hub, 1, 1, FALSE);
  do_what_is_posted ();
  g_assert_cmpuint (calls, ==, 1);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hub/join-replays-the-gop-once", test_join_replays_the_gop_once);
  g_test_add_func ("/hub/frames-before-the-first-keyframe-are-not-kept",
                   test_frames_before_the_first_keyframe_are_not_kept);
  g_test_add_func ("/hub/an-outage-keeps-the-last-gop-for-viewers-only",
                   test_an_outage_keeps_the_last_gop_for_viewers_only);
  g_test_add_func ("/hub/other-encodings-forget-the-ring", test_other_encodings_forget_the_ring);
  g_test_add_func ("/hub/waiting-until-ready", test_waiting_until_ready);
  g_test_add_func ("/hub/ready-with-its-sound", test_ready_with_its_sound);
  g_test_add_func ("/hub/ready-without-sound-that-does-not-come", test_ready_without_sound_that_does_not_come);
  g_test_add_func ("/hub/a-staged-life-takes-over-at-its-keyframe", test_a_staged_life_takes_over_at_its_keyframe);
  g_test_add_func ("/hub/a-staged-life-with-other-tracks-replaces-them",
                   test_a_staged_life_with_other_tracks_replaces_them);
  g_test_add_func ("/hub/a-staged-life-that-fails-leaves-no-trace", test_a_staged_life_that_fails_leaves_no_trace);
  g_test_add_func ("/hub/a-staged-life-begins-though-the-present-one-ended",
                   test_a_staged_life_begins_though_the_present_one_ended);
  g_test_add_func ("/hub/keyframe-requests-are-rate-limited", test_keyframe_requests_are_rate_limited);
  g_test_add_func ("/hub/keyframe-requests-go-to-their-life", test_keyframe_requests_go_to_their_life);
  g_test_add_func ("/hub/a-life-without-a-keyframe-is-asked-for-one", test_a_life_without_a_keyframe_is_asked_for_one);
  return g_test_run ();
}
