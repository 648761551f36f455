/* What viewers see while the source is away, and when it comes back as another. */
#include "serving.h"

#include <string.h>

#define H264_SPS 7

static void
test_an_outage_does_not_end_a_viewer (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);

  client_play (client, "/cam");
  client_await_frames (client, 5);
  hub_end_life (self->hub, 1, "error");
  clip_begin (self->clip, self->hub, 2);
  /* It comes back in the middle of a GOP: that can't be shown. */
  clip_push (self->clip, self->hub, 2, 26, 34, TRUE);
  client_await_frames (client, 5 + 4);
  g_assert_cmpuint (client_count_frames (client), ==, 9);
  client_free (client);
}

static void
assert_rising (Client *client)
{
  for (guint i = 1; i < client_count_frames (client); i++)
    g_assert_cmpint ((gint32)(client_frame_time (client, i) - client_frame_time (client, i - 1)), >, 0);
}

static void
test_the_last_keyframe_is_repeated (Serving *self, gconstpointer data)
{
  GstSample *keyframe = g_ptr_array_index (self->clip->video, 10);

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  hub_end_life (self->hub, 1, "error");
  client_await_frames (client, 5 + 2);
  client_assert_frame (client, 5, keyframe);
  client_assert_frame (client, 6, keyframe);

  clip_begin (self->clip, self->hub, 2);
  clip_push (self->clip, self->hub, 2, 26, 34, TRUE);
  client_await_frame (client, g_ptr_array_index (self->clip->video, 33));
  client_assert_frame (client, client_count_frames (client) - 4, g_ptr_array_index (self->clip->video, 30));
  assert_rising (client);
  client_free (client);
}

/* Frames that were only late, of the same life, must not turn time back, nor refer to what the still replaced. */
static void
test_late_frames_are_not_shown_after_a_still (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5 + 1);
  clip_push (self->clip, self->hub, 1, 15, 25, TRUE);
  client_await_frames (client, 5 + 2);
  clip_push (self->clip, self->hub, 1, 200, 210, TRUE);
  client_await_frame (client, g_ptr_array_index (self->clip->video, 9));
  client_assert_frame (client, client_count_frames (client) - 10, g_ptr_array_index (self->clip->video, 0));
  assert_rising (client);
  client_free (client);
}

static void
test_a_slate_is_there_before_the_camera (Serving *self, gconstpointer data)
{
  Client *client = client_new (self->directory);

  client_play (client, "/cam");
  /* Enough at once for a player to begin with. */
  client_await_frames (client, 25);
  assert_rising (client);
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 10, TRUE);
  client_await_frame (client, g_ptr_array_index (self->clip->video, 9));
  assert_rising (client);
  client_free (client);
}

static void
test_a_slate_has_the_size_of_the_stream (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5 + 2);
  /* Profile and level, then the size: of 160x120 at most level 1.1, where 1280x720 would be 3.1. */
  g_autoptr (GPtrArray) sets = client_nal_units (client, H264_SPS);
  const guint8 *slate = g_bytes_get_data (g_ptr_array_index (sets, sets->len - 1), NULL);
  g_assert_cmpuint (sets->len, >, 0);
  g_assert_cmpuint (slate[1], ==, 66);
  g_assert_cmpuint (slate[3], <=, 11);
  client_free (client);
}

static void
push_picture_of_another_encoding (Serving *self)
{
  const Track track = { .media = MEDIA_VIDEO, .encoding = g_intern_static_string ("jpeg") };
  g_autoptr (GstCaps) caps = gst_caps_from_string ("image/jpeg,width=160,height=120");
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 160, NULL);

  hub_begin_life (self->hub, 2, &track, 1);
  hub_push_frame (self->hub, 2, 0, buffer, caps, 0, 0);
}

static void
test_another_encoding_ends_a_viewer (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  hub_end_life (self->hub, 1, "error");
  push_picture_of_another_encoding (self);
  reports_run_until (client_has_ended, client);
  client_free (client);
}

static void
test_another_encoding_than_the_slate_ends_a_viewer (Serving *self, gconstpointer data)
{
  Client *client = client_new (self->directory);

  client_play (client, "/cam");
  client_await_frames (client, 1);
  push_picture_of_another_encoding (self);
  reports_run_until (client_has_ended, client);
  client_free (client);
}

static void
test_a_fallback_can_be_asked_for_in_an_outage (Serving *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = serving_settings ("rtsp", "/cam", "lastFrame");
  g_autoptr (JsonNode) wrong = serving_settings ("rtsp", "/cam", "cartoon");

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 15, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  hub_end_life (self->hub, 1, "error");
  g_assert_false (self->server->funcs->change (self->server, json_node_get_object (wrong), NULL));
  g_assert_true (self->server->funcs->change (self->server, json_node_get_object (node), NULL));
  client_await_frames (client, 5 + 1);
  client_free (client);
}

/* Two slices a picture: with parameter sets before each slice, players show half pictures. */
static void
test_parameter_sets_come_before_a_picture (Serving *self, gconstpointer data)
{
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 5, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  /* The answer to PLAY comes a moment before the viewer takes more than the newest GOP. */
  client_await_frames (client, 5);
  clip_push (self->clip, self->hub, 1, 5, 25, TRUE);
  client_await_frames (client, 25);
  client_assert_parameter_sets_lead (client, 3);
  client_free (client);
}

static void
test_another_size_comes_with_its_parameter_sets (Serving *self, gconstpointer data)
{
  Clip *larger = clip_new_of_size (320, 240);

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 5, TRUE);
  Client *client = client_new (self->directory);
  client_play (client, "/cam");
  client_await_frames (client, 5);
  clip_push (larger, self->hub, 1, 10, 15, TRUE);
  client_await_frames (client, 5 + 5);
  client_assert_frame (client, 5, g_ptr_array_index (larger->video, 10));
  g_autoptr (GPtrArray) sets = client_nal_units (client, H264_SPS);
  g_assert_cmpuint (sets->len, >=, 2);
  g_assert_false (g_bytes_equal (g_ptr_array_index (sets, 0), g_ptr_array_index (sets, sets->len - 1)));
  client_free (client);
  clip_free (larger);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, fallback, function)                                                                                  \
  g_test_add ("/outage/" path, Serving, fallback, serving_set_up, function, serving_tear_down)
  ADD ("does-not-end-a-viewer", NULL, test_an_outage_does_not_end_a_viewer);
  ADD ("the-last-keyframe-is-repeated", "lastFrame", test_the_last_keyframe_is_repeated);
  ADD ("late-frames-are-not-shown-after-a-still", "lastFrame", test_late_frames_are_not_shown_after_a_still);
  ADD ("a-slate-is-there-before-the-camera", "slate", test_a_slate_is_there_before_the_camera);
  ADD ("a-slate-has-the-size-of-the-stream", "slate", test_a_slate_has_the_size_of_the_stream);
  ADD ("another-encoding-ends-a-viewer", NULL, test_another_encoding_ends_a_viewer);
  ADD ("another-encoding-than-the-slate-ends-a-viewer", "slate", test_another_encoding_than_the_slate_ends_a_viewer);
  ADD ("a-fallback-can-be-asked-for", NULL, test_a_fallback_can_be_asked_for_in_an_outage);
  ADD ("parameter-sets-come-before-a-picture", NULL, test_parameter_sets_come_before_a_picture);
  ADD ("another-size-comes-with-its-parameter-sets", NULL, test_another_size_comes_with_its_parameter_sets);
#undef ADD
  return g_test_run ();
}
