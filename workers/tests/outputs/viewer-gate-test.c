/* What is left of a stream on each rung of the ladder: pictures that a decoder shows as if none were missing. Real
 * encoders and decoders. */
#include "clip.h"
#include "viewer-gate.h"

#include <gst/app/app.h>

typedef struct
{
  const char *name;
  const char *launch; /* up to the sink */
  const char *decoder;
  guint disposable; /* at least so many frames go on the first rung */
} Kind;

#define FRAMES 40
/* x264 makes no B-frames of patterns that scroll. */
#define SOURCE                                                                                                         \
  "videotestsrc num-buffers=40 pattern=ball ! video/x-raw,width=160,height=120,framerate=25/1,format=I420 ! "
#define H264 " ! h264parse ! video/x-h264,stream-format=avc,alignment=au"
#define H265 " ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au"

static const Kind kinds[] = {
  { "h264-b-frames", SOURCE "x264enc bframes=2 b-adapt=false key-int-max=20 option-string=b-pyramid=none" H264,
    "avdec_h264", 22 },
  { "h264-pyramid", SOURCE "x264enc bframes=3 b-adapt=false key-int-max=20" H264, "avdec_h264", 8 },
  { "h264", SOURCE "x264enc tune=zerolatency key-int-max=20" H264, "avdec_h264", 0 },
  { "h265-b-frames",
    SOURCE "x265enc key-int-max=20 option-string=bframes=3:b-adapt=0:b-pyramid=1:pools=1:frame-threads=1" H265,
    "avdec_h265", 8 },
  { "jpeg", SOURCE "jpegenc ! jpegparse", "jpegdec", FRAMES / 2 },
};

/* PTS -> digest, of the pictures that come of these frames. */
static GHashTable *
decode (const Kind *kind, GPtrArray *samples)
{
  g_autofree char *text = g_strdup_printf (
      "appsrc name=source format=time max-bytes=0 ! %s ! appsink name=sink sync=false max-buffers=0", kind->decoder);
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GHashTable *pictures = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  GstSample *picture;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < samples->len; i++)
    gst_app_src_push_sample (GST_APP_SRC (source), g_ptr_array_index (samples, i));
  gst_app_src_end_of_stream (GST_APP_SRC (source));
  while ((picture = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 10 * GST_SECOND)) != NULL) {
    g_autoptr (GPtrArray) one = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_sample_unref);
    gint64 *time = g_new (gint64, 1);

    g_ptr_array_add (one, picture);
    g_autoptr (GPtrArray) digest = clip_digests (one);
    *time = (gint64)GST_BUFFER_PTS (gst_sample_get_buffer (picture));
    g_hash_table_insert (pictures, time, g_strdup (g_ptr_array_index (digest, 0)));
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return pictures;
}

static HubFrame
frame_of (GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);

  return (HubFrame){
    .buffer = buffer,
    .caps = gst_sample_get_caps (sample),
    .media = MEDIA_VIDEO,
    .keyframe = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT),
  };
}

/* From frame `from` on it stands on `rung`, from `to` on where it stood before. */
static GPtrArray *
admitted (GPtrArray *samples, LadderRung rung, guint from, guint to)
{
  GPtrArray *left = g_ptr_array_new ();
  ViewerGate gate;

  viewer_gate_init (&gate, FALSE);
  for (guint i = 0; i < samples->len; i++) {
    const HubFrame frame = frame_of (g_ptr_array_index (samples, i));
    gate.ladder.rung = i >= from && i < to ? rung : LADDER_ALL;
    if (viewer_gate_admits (&gate, &frame))
      g_ptr_array_add (left, g_ptr_array_index (samples, i));
  }
  g_assert_cmpuint (left->len + gate.dropped, ==, samples->len);
  return left;
}

/* Each frame that was sent is seen as it was. */
static void
assert_whole (const Kind *kind, GPtrArray *sent, GHashTable *all)
{
  g_autoptr (GHashTable) seen = decode (kind, sent);
  GHashTableIter iter;
  gpointer time, digest;

  g_assert_cmpuint (g_hash_table_size (seen), ==, sent->len);
  g_hash_table_iter_init (&iter, seen);
  while (g_hash_table_iter_next (&iter, &time, &digest))
    g_assert_cmpstr (digest, ==, g_hash_table_lookup (all, time));
}

static void
test_what_is_left_can_be_seen (gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *text = g_strdup_printf ("%s ! appsink name=sink sync=false", kind->launch);
  g_autoptr (GPtrArray) samples = clip_run (text);
  g_autoptr (GHashTable) all = decode (kind, samples);

  g_assert_cmpuint (samples->len, ==, FRAMES);
  g_assert_cmpuint (g_hash_table_size (all), ==, FRAMES);
  for (LadderRung rung = LADDER_ALL; rung <= LADDER_SKIPPING; rung++) {
    g_autoptr (GPtrArray) thinned = admitted (samples, rung, 3, FRAMES);
    g_autoptr (GPtrArray) passing = admitted (samples, rung, 7, 13);
    assert_whole (kind, thinned, all);
    assert_whole (kind, passing, all);
    if (rung == LADDER_ALL)
      g_assert_cmpuint (thinned->len, ==, FRAMES);
    if (rung == LADDER_REFERENCE)
      g_assert_cmpuint (thinned->len, <=, FRAMES - kind->disposable + 2);
    if (rung == LADDER_KEYFRAMES)
      g_assert_cmpuint (thinned->len, <=, 3 + 4);
    if (rung == LADDER_SKIPPING)
      g_assert_cmpuint (thinned->len, ==, 3);
  }
}

static const HubFrame *
frame_of_item (gpointer item)
{
  return item;
}

/* They belong to the test. */
static void
keep (gpointer item)
{
}

/* Frames that were let through and wait are thinned out when the viewer falls, and what comes next fits to them. */
static void
test_what_waits_is_thinned_out (gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *text = g_strdup_printf ("%s ! appsink name=sink sync=false", kind->launch);
  g_autoptr (GPtrArray) samples = clip_run (text);
  g_autoptr (GHashTable) all = decode (kind, samples);
  g_autofree HubFrame *frames = g_new0 (HubFrame, FRAMES);

  for (LadderRung rung = LADDER_REFERENCE; rung <= LADDER_SKIPPING; rung++) {
    g_autoptr (GPtrArray) sent = g_ptr_array_new ();
    GQueue waiting = G_QUEUE_INIT;
    ViewerGate gate;

    viewer_gate_init (&gate, FALSE);
    for (guint i = 0; i < FRAMES; i++) {
      frames[i] = frame_of (g_ptr_array_index (samples, i));
      if (i == 27) {
        gate.ladder.rung = rung;
        viewer_gate_thin_out (&gate, &waiting, frame_of_item, keep);
      }
      if (i == 29)
        gate.ladder.rung = LADDER_ALL;
      if (!viewer_gate_admits (&gate, &frames[i]))
        continue;
      if (i < 3)
        g_ptr_array_add (sent, g_ptr_array_index (samples, i));
      else
        g_queue_push_tail (&waiting, &frames[i]);
    }
    for (const HubFrame *frame; (frame = g_queue_pop_head (&waiting)) != NULL;)
      g_ptr_array_add (sent, g_ptr_array_index (samples, (guint)(frame - frames)));
    g_assert_cmpuint (sent->len + gate.dropped, ==, FRAMES);
    assert_whole (kind, sent, all);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *left = g_strdup_printf ("/viewer-gate/what-is-left-can-be-seen/%s", kinds[i].name);
    g_autofree char *waits = g_strdup_printf ("/viewer-gate/what-waits-is-thinned-out/%s", kinds[i].name);
    g_test_add_data_func (left, &kinds[i], test_what_is_left_can_be_seen);
    g_test_add_data_func (waits, &kinds[i], test_what_waits_is_thinned_out);
  }
  return g_test_run ();
}
