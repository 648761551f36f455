/* What another program gets from the tap: gdpdepay reads it from a real socket. */
#include "rig.h"
#include "tapping.h"

#include <gst/app/gstappsink.h>
#include <unistd.h>

typedef struct
{
  int fd;
  GstElement *pipeline;
  GstAppSink *sink;
} Reader;

static Reader
read_with_gstreamer (Tapping *self, const char *name)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  Reader reader = { .fd = rig_connect_unix (folder, name) };
  g_autofree char *text = g_strdup_printf ("fdsrc fd=%d ! gdpdepay ! appsink name=sink sync=false", reader.fd);

  reader.pipeline = gst_parse_launch (text, NULL);
  reader.sink = GST_APP_SINK (gst_bin_get_by_name (GST_BIN (reader.pipeline), "sink"));
  gst_element_set_state (reader.pipeline, GST_STATE_PLAYING);
  reports_run_until (tapping_has_readers, self);
  return reader;
}

static void
reader_clear (Reader *reader)
{
  gst_element_set_state (reader->pipeline, GST_STATE_NULL);
  gst_object_unref (reader->sink);
  gst_object_unref (reader->pipeline);
  close (reader->fd);
}

static GstSample *
next_sample (Reader *reader)
{
  GstSample *sample = gst_app_sink_try_pull_sample (reader->sink, RIG_PATIENCE_S * GST_SECOND);

  g_assert_nonnull (sample);
  return sample;
}

/* Frames `from` to `to` of `samples` come, one later than the other. */
static void
assert_comes (Reader *reader, GPtrArray *samples, guint from, guint to, GstClockTime *last)
{
  g_autoptr (GPtrArray) wanted = clip_digests (samples);
  g_autoptr (GPtrArray) got = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_sample_unref);

  for (guint i = from; i < to; i++) {
    GstSample *sample = next_sample (reader);
    GstClockTime pts = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
    g_ptr_array_add (got, sample);
    g_assert_true (*last == GST_CLOCK_TIME_NONE || pts > *last);
    *last = pts;
  }
  g_autoptr (GPtrArray) digests = clip_digests (got);
  for (guint i = from; i < to; i++)
    g_assert_cmpstr (g_ptr_array_index (digests, i - from), ==, g_ptr_array_index (wanted, i));
}

static void
assert_begins (GstSample *sample)
{
  const GstSegment *segment = gst_sample_get_segment (sample);
  GstClockTime pts = GST_BUFFER_PTS (gst_sample_get_buffer (sample));

  g_assert_cmpuint (gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts), ==, 0);
}

static void
test_begins_with_the_gop_in_the_ring (Tapping *self, gconstpointer data)
{
  GstClockTime last = GST_CLOCK_TIME_NONE;

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 17, TRUE);
  Reader reader = read_with_gstreamer (self, "cam");
  g_autoptr (GstSample) first = next_sample (&reader);
  GstBuffer *keyframe = gst_sample_get_buffer (first);

  g_assert_false (GST_BUFFER_FLAG_IS_SET (keyframe, GST_BUFFER_FLAG_DELTA_UNIT));
  assert_begins (first);
  g_assert_cmpuint (GST_BUFFER_DURATION (keyframe), ==, CLIP_FRAME_TIME);
  g_assert_true (
      gst_caps_is_equal (gst_sample_get_caps (first), gst_sample_get_caps (g_ptr_array_index (self->clip->video, 0))));
  assert_comes (&reader, self->clip->video, 11, 17, &last);
  clip_push (self->clip, self->hub, 1, 17, 40, TRUE);
  assert_comes (&reader, self->clip->video, 17, 40, &last);
  reader_clear (&reader);
  reports_run_until (tapping_has_no_readers, self);
  g_assert_cmpint (tapping_stat (self, "framesSent"), ==, 30);
  g_assert_cmpint (tapping_stat (self, "framesDropped"), ==, 0);
}

/* Not with the sound of before it. */
static void
test_begins_at_the_first_keyframe (Tapping *self, gconstpointer data)
{
  GstClockTime last = GST_CLOCK_TIME_NONE;

  Reader reader = read_with_gstreamer (self, "cam");
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 1, 15, TRUE);
  g_autoptr (GstSample) first = next_sample (&reader);
  assert_begins (first);
  assert_comes (&reader, self->clip->video, 11, 15, &last);
  reader_clear (&reader);
}

/* The sound of the GOP that is in the ring, from its picture on. */
static void
test_the_sound_is_beside_it (Tapping *self, gconstpointer data)
{
  GstClockTime last = GST_CLOCK_TIME_NONE;

  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 17, TRUE);
  Reader reader = read_with_gstreamer (self, "cam.audio");
  assert_comes (&reader, self->clip->sound, 20, 34, &last);
  clip_push (self->clip, self->hub, 1, 17, 20, TRUE);
  assert_comes (&reader, self->clip->sound, 34, 40, &last);
  reader_clear (&reader);
}

static void
test_goes_on_after_an_outage (Tapping *self, gconstpointer data)
{
  GstClockTime last = GST_CLOCK_TIME_NONE;

  Reader reader = read_with_gstreamer (self, "cam");
  clip_begin (self->clip, self->hub, 1);
  clip_push (self->clip, self->hub, 1, 0, 5, TRUE);
  assert_comes (&reader, self->clip->video, 0, 5, &last);
  hub_end_life (self->hub, 1, "error");
  clip_begin (self->clip, self->hub, 2);
  /* It comes back in the middle of a GOP: nobody can begin there. */
  clip_push (self->clip, self->hub, 2, 26, 34, TRUE);
  assert_comes (&reader, self->clip->video, 30, 34, &last);
  reader_clear (&reader);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/tap/" path, Tapping, NULL, tapping_set_up, function, tapping_tear_down)
  ADD ("begins-with-the-gop-in-the-ring", test_begins_with_the_gop_in_the_ring);
  ADD ("begins-at-the-first-keyframe", test_begins_at_the_first_keyframe);
  ADD ("the-sound-is-beside-it", test_the_sound_is_beside_it);
  ADD ("goes-on-after-an-outage", test_goes_on_after_an_outage);
#undef ADD
  return g_test_run ();
}
