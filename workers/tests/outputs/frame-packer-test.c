/* One list of packets for each picture, whatever the payloader makes of it: it gives one for each NAL unit. */
#include "frame-packer.h"

#include <gst/app/app.h>

typedef struct
{
  const char *name;
  const char *launch; /* up to the payloader */
} Kind;

#define FRAMES 20
#define SOURCE                                                                                                         \
  "videotestsrc num-buffers=20 pattern=snow ! video/x-raw,width=320,height=240,framerate=25/1,format=I420 ! "

static const Kind kinds[] = {
  { "h264", SOURCE "x264enc tune=zerolatency bitrate=4000 key-int-max=10 option-string=slices=3 ! h264parse"
                   " ! rtph264pay mtu=600 config-interval=-1" },
  { "h265", SOURCE "x265enc tune=zerolatency key-int-max=10 option-string=pools=1:frame-threads=1 ! h265parse"
                   " ! rtph265pay mtu=600 config-interval=-1" },
  { "jpeg", SOURCE "jpegenc ! jpegparse ! rtpjpegpay mtu=600" },
};

static gboolean
is_marked (GstBuffer *packet)
{
  guint8 byte = 0;

  gst_buffer_extract (packet, 1, &byte, 1);
  return (byte & 0x80) != 0;
}

static void
assert_is_one_picture (GstSample *sample)
{
  GstBufferList *list = gst_sample_get_buffer_list (sample);

  g_assert_nonnull (list);
  guint last = gst_buffer_list_length (list) - 1;
  g_assert_cmpuint (last, >, 0);
  for (guint i = 0; i <= last; i++) {
    GstBuffer *packet = gst_buffer_list_get (list, i);
    g_assert_cmpint (is_marked (packet), ==, i == last);
    g_assert_cmpuint (GST_BUFFER_PTS (packet), ==, GST_BUFFER_PTS (gst_buffer_list_get (list, 0)));
  }
}

static void
test_a_picture_is_one_list (gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *text = g_strdup_printf ("%s name=pay appsink name=sink sync=false buffer-list=true", kind->launch);
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstElement) payloader = gst_bin_get_by_name (GST_BIN (pipeline), "pay");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstElement *packer = frame_packer_new ();
  guint pictures = 0;
  GstSample *sample;

  gst_bin_add (GST_BIN (pipeline), packer);
  g_assert_true (gst_element_link_many (payloader, packer, sink, NULL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (; (sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 10 * GST_SECOND)) != NULL; pictures++) {
    assert_is_one_picture (sample);
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (pictures, ==, FRAMES);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = g_strdup_printf ("/frame-packer/a-picture-is-one-list/%s", kinds[i].name);
    g_test_add_data_func (path, &kinds[i], test_a_picture_is_one_list);
  }
  return g_test_run ();
}
