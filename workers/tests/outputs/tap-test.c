/* The tap as another program sees it: real sockets, read by gdpdepay or byte by byte. */
#include "clip.h"
#include "gdp.h"
#include "output.h"
#include "reports.h"
#include "rig.h"

#include <gst/app/gstappsink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG_FRAME (1024 * 1024)
#define BIG_GOP 10
#define BIG_FRAMES 60
#define MAX_READERS 16

typedef struct
{
  char *directory;
  Hub *hub;
  Reports *reports;
  OutputContext context;
  Output *tap;
  Clip *clip;
} Tapping;

static JsonNode *
settings_new (Tapping *self, const char *group)
{
  g_autofree char *text = g_strdup_printf (
      "{\"id\":\"tap\",\"kind\":\"tap\",\"path\":\"%s/taps/cam\",\"mode\":432%s%s%s}", self->directory,
      group != NULL ? ",\"group\":\"" : "", group != NULL ? group : "", group != NULL ? "\"" : "");

  return json_from_string (text, NULL);
}

static void
add_tap (Tapping *self)
{
  g_autoptr (JsonNode) node = settings_new (self, NULL);

  self->tap = tap_new (&self->context, json_node_get_object (node), NULL);
  g_assert_nonnull (self->tap);
}

static void
set_up (Tapping *self, gconstpointer data)
{
  self->directory = rig_directory ();
  self->hub = hub_new ();
  self->reports = reports_new ();
  self->clip = clip_new ();
  self->context = (OutputContext){ .hub = self->hub, .reporter = self->reports->reporter };
  if (data == NULL)
    add_tap (self);
}

static void
tear_down (Tapping *self, gconstpointer data)
{
  self->tap->funcs->free (self->tap);
  reports_free (self->reports);
  hub_free (self->hub);
  clip_free (self->clip);
  rig_remove (self->directory);
}

static gint64
stat_of (Tapping *self, const char *name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  self->tap->funcs->stats (self->tap, builder);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) stats = json_builder_get_root (builder);
  return report_int (stats, name);
}

/* ---- a reader that is a GStreamer pipeline ---- */

typedef struct
{
  int fd;
  GstElement *pipeline;
  GstAppSink *sink;
} Reader;

static gboolean
has_readers (gpointer user_data)
{
  return stat_of (user_data, "readers") > 0;
}

static gboolean
has_no_readers (gpointer user_data)
{
  return stat_of (user_data, "readers") == 0;
}

static Reader
read_with_gstreamer (Tapping *self, const char *name)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  Reader reader = { .fd = rig_connect_unix (folder, name) };
  g_autofree char *text = g_strdup_printf ("fdsrc fd=%d ! gdpdepay ! appsink name=sink sync=false", reader.fd);

  reader.pipeline = gst_parse_launch (text, NULL);
  reader.sink = GST_APP_SINK (gst_bin_get_by_name (GST_BIN (reader.pipeline), "sink"));
  gst_element_set_state (reader.pipeline, GST_STATE_PLAYING);
  reports_run_until (has_readers, self);
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
  reports_run_until (has_no_readers, self);
  g_assert_cmpint (stat_of (self, "framesSent"), ==, 30);
  g_assert_cmpint (stat_of (self, "framesDropped"), ==, 0);
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

/* ---- readers that misbehave ---- */

static int
connect_to (Tapping *self)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  gint64 before = stat_of (self, "readers");
  int fd = rig_connect_unix (folder, "cam");

  while (stat_of (self, "readers") == before)
    g_main_context_iteration (NULL, TRUE);
  return fd;
}

static void
push_big_frame (Tapping *self, guint number)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-h264", "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, BIG_FRAME, NULL);
  gint64 time = (gint64)number * (gint64)CLIP_FRAME_TIME;

  gst_buffer_memset (buffer, 0, (guint8)number, BIG_FRAME);
  if (number % BIG_GOP != 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  hub_push_frame (self->hub, 1, 0, buffer, caps, time, time);
}

/* The number in the next frame that comes. */
static guint
receive_big_frame (int fd)
{
  GdpHeader header;

  do {
    g_autofree char *bytes = rig_receive (fd, GDP_HEADER_SIZE);
    g_assert_true (gdp_read_header ((const guint8 *)bytes, &header));
    g_autofree char *payload = rig_receive (fd, header.size);
    if (header.type == GDP_BUFFER)
      return (guint8)payload[header.size - 1];
  } while (TRUE);
}

static void
test_a_stopped_reader_harms_nobody (Tapping *self, gconstpointer data)
{
  guint last = 0;

  clip_begin_without_sound (self->clip, self->hub, 1);
  int stopped = connect_to (self);
  int other = connect_to (self);
  for (guint i = 0; i < BIG_FRAMES; i++) {
    push_big_frame (self, i);
    g_assert_cmpuint (receive_big_frame (other), ==, i);
  }
  gint64 dropped = stat_of (self, "framesDropped");
  g_assert_cmpint (dropped, >, 0);

  /* When it goes on it gets what waited, and the next keyframe after what was dropped. */
  for (guint i = 0; i < BIG_FRAMES - dropped; i++)
    last = receive_big_frame (stopped);
  g_assert_cmpuint (last, ==, BIG_FRAMES - dropped - 1);
  for (guint i = BIG_FRAMES + 1; i <= BIG_FRAMES + BIG_GOP + 1; i++)
    push_big_frame (self, i);
  g_assert_cmpuint (receive_big_frame (stopped), ==, BIG_FRAMES + BIG_GOP);
  close (stopped);
  close (other);
  reports_run_until (has_no_readers, self);
}

static void
test_a_dead_reader_is_forgotten (Tapping *self, gconstpointer data)
{
  guint descriptors = rig_count_descriptors ();

  clip_begin_without_sound (self->clip, self->hub, 1);
  for (guint i = 0; i < 3; i++) {
    int fd = connect_to (self);
    for (guint frame = 0; frame <= i; frame++)
      push_big_frame (self, frame);
    close (fd);
    reports_run_until (has_no_readers, self);
  }
  g_assert_cmpuint (rig_count_descriptors (), ==, descriptors);
}

static void
test_there_is_a_limit_of_readers (Tapping *self, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  int readers[MAX_READERS];

  for (guint i = 0; i < MAX_READERS; i++)
    readers[i] = connect_to (self);
  int one_more = rig_connect_unix (folder, "cam");
  char byte;
  while (recv (one_more, &byte, 1, MSG_DONTWAIT) != 0)
    g_main_context_iteration (NULL, TRUE);
  close (one_more);
  for (guint i = 0; i < MAX_READERS; i++)
    close (readers[i]);
  reports_run_until (has_no_readers, self);
  close (connect_to (self));
}

/* ---- the path ---- */

static void
test_takes_the_place_of_a_dead_one (Tapping *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->directory, "taps", "cam", NULL);
  g_autofree char *kept = g_build_filename (self->directory, "kept", NULL);
  struct stat found;

  g_assert_cmpint (stat (path, &found), ==, 0);
  g_assert_cmpuint (found.st_mode & 0777, ==, 0660);
  /* What a killed worker leaves behind. */
  g_assert_cmpint (link (path, kept), ==, 0);
  self->tap->funcs->free (self->tap);
  g_assert_cmpint (stat (path, &found), ==, -1);
  g_assert_cmpint (rename (kept, path), ==, 0);
  add_tap (self);
  close (connect_to (self));
}

static void
test_leaves_what_is_not_its_own (Tapping *self, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  g_autofree char *path = g_build_filename (folder, "cam", NULL);

  g_assert_cmpint (mkdir (folder, 0700), ==, 0);
  rig_write (folder, "cam", "precious");
  add_tap (self);
  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDown");
  JsonObject *failure = json_object_get_object_member (json_node_get_object (down), "failure");
  g_assert_cmpstr (json_object_get_string_member (failure, "reason"), ==, "tap");
  g_assert_nonnull (strstr (json_object_get_string_member (failure, "message"), path));
  g_autofree char *text = rig_read (folder, "cam");
  g_assert_cmpstr (text, ==, "precious");

  unlink (path);
  g_autoptr (JsonNode) up = reports_await (self->reports, "outputUp");
  close (connect_to (self));
}

static void
test_two_taps_do_not_share_a_path (Tapping *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = settings_new (self, NULL);
  Output *second = tap_new (&self->context, json_node_get_object (node), NULL);

  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDown");
  /* The second looked whether anybody listens. */
  reports_run_until (has_no_readers, self);
  close (connect_to (self));
  second->funcs->free (second);
  reports_run_until (has_no_readers, self);
  close (connect_to (self));
}

static void
test_an_unknown_group_is_said (Tapping *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = settings_new (self, "no-such-group");

  g_assert_true (self->tap->funcs->change (self->tap, json_node_get_object (node), NULL));
  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDown");
  JsonObject *failure = json_object_get_object_member (json_node_get_object (down), "failure");
  g_assert_nonnull (strstr (json_object_get_string_member (failure, "message"), "no-such-group"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/tap/" path, Tapping, NULL, set_up, function, tear_down)
  ADD ("begins-with-the-gop-in-the-ring", test_begins_with_the_gop_in_the_ring);
  ADD ("begins-at-the-first-keyframe", test_begins_at_the_first_keyframe);
  ADD ("the-sound-is-beside-it", test_the_sound_is_beside_it);
  ADD ("goes-on-after-an-outage", test_goes_on_after_an_outage);
  ADD ("a-stopped-reader-harms-nobody", test_a_stopped_reader_harms_nobody);
  ADD ("a-dead-reader-is-forgotten", test_a_dead_reader_is_forgotten);
  ADD ("there-is-a-limit-of-readers", test_there_is_a_limit_of_readers);
  ADD ("takes-the-place-of-a-dead-one", test_takes_the_place_of_a_dead_one);
  g_test_add ("/tap/leaves-what-is-not-its-own", Tapping, "without a tap", set_up, test_leaves_what_is_not_its_own,
              tear_down);
  ADD ("two-taps-do-not-share-a-path", test_two_taps_do_not_share_a_path);
  ADD ("an-unknown-group-is-said", test_an_unknown_group_is_said);
#undef ADD
  return g_test_run ();
}
