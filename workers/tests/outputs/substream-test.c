/* A viewer whose line does not bear the stream is shown the substream, and the stream again when it does: what it gets,
 * from one to the other, is pictures that a decoder shows, at times that rise. */
#include "live.h"
#include "rtp-bytes.h"
#include "serving.h"

#include <gst/app/app.h>
#include <string.h>
#include <sys/socket.h>

#define STREAM_WIDTH 320
#define SUBSTREAM_WIDTH 64

/* One that takes nothing, until the test does. */
static Client *
new_stopped_client (Serving *self)
{
  Client *client = client_new (self->directory);
  int size = 32 * 1024;

  setsockopt (client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  client_play (client, "/cam");
  return client;
}

/* ---- its state ---- */

typedef struct
{
  Serving *serving;
  Client *reader; /* who reads meanwhile; NULL: nobody */
  const char *state;
} Expecting;

static char *
state_of_viewer (Serving *self)
{
  self->server->funcs->list_viewers (self->server);
  g_autoptr (JsonNode) report = reports_await (self->reports, "viewers");
  JsonArray *viewers = json_object_get_array_member (json_node_get_object (report), "viewers");
  return g_strdup (json_object_get_string_member (json_array_get_object_element (viewers, 0), "state"));
}

static gboolean
is_in_state (gpointer user_data)
{
  const Expecting *expecting = user_data;

  if (expecting->reader != NULL)
    client_read (expecting->reader);
  g_autofree char *state = state_of_viewer (expecting->serving);
  return g_str_equal (state, expecting->state);
}

static void
await_state (Serving *self, Client *reader, const char *state)
{
  Expecting expecting = { .serving = self, .reader = reader, .state = state };

  reports_run_until (is_in_state, &expecting);
}

/* ---- what it got ---- */

/* Those of its first `frames` pictures: of the next one some may have come. */
static void
feed_packets (const Client *client, guint frames, GstElement *source)
{
  const guint8 *data = client->received->data;

  for (guint at = 0; at + 4 <= client->received->len && frames > 0; at += 4 + rtp_read_16 (data + at + 2)) {
    guint length = rtp_read_16 (data + at + 2);
    gboolean ends_picture = (data[at + 5] & 0x80) != 0;

    if (data[at + 1] != 0)
      continue;
    gst_app_src_push_buffer (GST_APP_SRC (source), gst_buffer_new_memdup (data + at + 4, length));
    frames -= ends_picture ? 1 : 0;
  }
  gst_app_src_end_of_stream (GST_APP_SRC (source));
}

/* How wide the pictures are that a decoder shows which was told nothing beforehand, and shows no broken ones. */
static GArray *
decoded_widths (const Client *client, guint frames)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "appsrc name=source format=time max-bytes=0 caps=application/x-rtp,media=video,clock-rate=90000,"
      "encoding-name=H264,payload=96 ! rtph264depay ! h264parse ! avdec_h264 output-corrupt=false"
      " ! appsink name=sink sync=false max-buffers=0",
      NULL);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GArray *widths = g_array_new (FALSE, FALSE, sizeof (gint));
  GstSample *sample;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  feed_packets (client, frames, source);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink))) != NULL) {
    gint width = 0;
    gst_structure_get_int (gst_caps_get_structure (gst_sample_get_caps (sample), 0), "width", &width);
    g_array_append_val (widths, width);
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return widths;
}

/* Every picture that came is one that is shown; these widths follow each other. */
static void
assert_pictures (Client *client, const gint *widths, guint n_widths)
{
  guint frames = client_count_frames (client);
  g_autoptr (GArray) shown = decoded_widths (client, frames);
  guint n = 0;

  g_assert_cmpuint (shown->len, ==, frames);
  for (guint i = 0; i < shown->len; i++) {
    gint width = g_array_index (shown, gint, i);
    if (n == 0 || widths[n - 1] != width) {
      g_assert_cmpuint (n, <, n_widths);
      g_assert_cmpint (width, ==, widths[n++]);
    }
  }
  g_assert_cmpuint (n, ==, n_widths);
  for (guint i = 1; i < frames; i++)
    g_assert_cmpint ((gint32)(client_frame_time (client, i) - client_frame_time (client, i - 1)), >, 0);
}

static void
assert_in_time (Client *client, gint64 began_us)
{
  guint last = client_count_frames (client) - 1;
  gint64 shown_us = (gint64)(client_frame_time (client, last) - client_frame_time (client, 0)) * 100 / 9;
  gint64 wrong_us = g_get_monotonic_time () - began_us - shown_us;

  g_assert_cmpint (ABS (wrong_us), <, G_USEC_PER_SEC);
}

static void
test_a_weak_line_gets_the_substream (Serving *self, gconstpointer data)
{
  const gint widths[] = { STREAM_WIDTH, SUBSTREAM_WIDTH, STREAM_WIDTH };
  Live stream, substream;

  /* The stream takes longer on its way: without more its first picture after the substream would be the earlier one. */
  hub_set_backlog (self->hub, 1, 300 * GST_MSECOND);
  live_begin_h264 (&stream, self->hub, STREAM_WIDTH, 1);
  live_begin_h264 (&substream, substream_hub (self->substream), SUBSTREAM_WIDTH, 30);
  gint64 began_us = g_get_monotonic_time ();
  Client *client = new_stopped_client (self);
  await_state (self, NULL, "substream");
  await_state (self, client, "playing");
  client_await_frames (client, client_count_frames (client) + 15);
  assert_pictures (client, widths, G_N_ELEMENTS (widths));
  assert_in_time (client, began_us);
  client_free (client);
  live_end (&stream);
  live_end (&substream);
}

static void
test_without_the_substream_it_is_the_stream_again (Serving *self, gconstpointer data)
{
  const gint widths[] = { STREAM_WIDTH, SUBSTREAM_WIDTH, STREAM_WIDTH };
  Live stream, substream;

  live_begin_h264 (&stream, self->hub, STREAM_WIDTH, 1);
  live_begin_h264 (&substream, substream_hub (self->substream), SUBSTREAM_WIDTH, 30);
  Client *client = new_stopped_client (self);
  await_state (self, NULL, "substream");
  client_await_frames (client, client_count_frames (client) + 5);
  hub_end_life (substream_hub (self->substream), 1, "error");
  g_autofree char *state = state_of_viewer (self);
  g_assert_cmpstr (state, ==, "reference");
  client_await_frames (client, client_count_frames (client) + 25);
  assert_pictures (client, widths, G_N_ELEMENTS (widths));
  client_free (client);
  live_end (&stream);
  live_end (&substream);
}

static void
test_a_substream_of_another_encoding_is_not_used (Serving *self, gconstpointer data)
{
  Live stream, substream;

  live_begin_h264 (&stream, self->hub, STREAM_WIDTH, 1);
  live_begin (&substream, substream_hub (self->substream), "jpeg",
              "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48,framerate=25/1 ! jpegenc"
              " ! appsink name=sink sync=false");
  Client *client = new_stopped_client (self);
  await_state (self, NULL, "keyframes");
  client_await_frames (client, client_count_frames (client) + 3);
  const gint widths[] = { STREAM_WIDTH };
  assert_pictures (client, widths, 1);
  client_free (client);
  live_end (&stream);
  live_end (&substream);
}

/* Its trouble is a line in the log, and no report of the source. */
static void
test_one_that_is_not_there_is_logged (Serving *self, gconstpointer data)
{
  g_autoptr (JsonNode) settings = json_from_string ("{\"uri\":\"rtsp://127.0.0.1:1/sub\"}", NULL);
  g_autoptr (JsonNode) source = json_from_string ("{\"kind\":\"rtsp\",\"uri\":\"rtsp://127.0.0.1:1/main\"}", NULL);

  substream_set (self->substream, json_node_get_object (settings));
  substream_set_main (self->substream, json_node_get_object (source));
  substream_want (self->substream);
  g_autoptr (JsonNode) log = reports_await (self->reports, "log");
  g_assert_cmpstr (report_string (log, "source"), ==, "substream");
  g_assert_true (g_str_has_prefix (report_string (log, "message"), "not there for slow viewers: "));
  g_assert_cmpuint (reports_count (self->reports, "ingestDown"), ==, 0);
  substream_unwant (self->substream);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/substream/" path, Serving, NULL, serving_set_up, function, serving_tear_down)
  ADD ("a-weak-line-gets-it", test_a_weak_line_gets_the_substream);
  ADD ("without-it-there-is-the-stream-again", test_without_the_substream_it_is_the_stream_again);
  ADD ("of-another-encoding-it-is-not-used", test_a_substream_of_another_encoding_is_not_used);
  ADD ("one-that-is-not-there-is-logged", test_one_that_is_not_there_is_logged);
#undef ADD
  return g_test_run ();
}
