/* Each frame in exactly one file and none twice, for the ways in which cameras send: what was recorded, file after
 * file, is what was sent. Real encoders, no camera. */
#include "recorder-rig.h"
#include "rig.h"

typedef struct
{
  const char *format;
  const char *encoding; /* as track.h has it */
  const char *launch;   /* up to the sink */
  double every_s;       /* between frames; they vary from half of it to one and a half */
  gboolean varies;
  int every_ms; /* files */
  guint64 bytes;
  guint files; /* at least */
} Kind;

/* No two pictures are alike. */
#define FRAMES 40
#define SOURCE                                                                                                         \
  "videotestsrc num-buffers=40 pattern=smpte75 horizontal-speed=3 "                                                    \
  "! video/x-raw,width=160,height=120,framerate=25/1 ! "
#define H264 " ! h264parse ! video/x-h264,stream-format=avc,alignment=au"

static const Kind kinds[] = {
  { "mkv", "h264", SOURCE "x264enc bframes=2 b-adapt=false key-int-max=10" H264, 0.04, FALSE, 400, 0, 3 },
  { "mp4", "h264", SOURCE "x264enc bframes=2 b-adapt=false key-int-max=10" H264, 0.04, FALSE, 400, 0, 3 },
  { "mkv", "h264", SOURCE "x264enc tune=zerolatency key-int-max=10" H264, 0.1, TRUE, 1000, 0, 3 },
  { "mp4", "h264", SOURCE "x264enc tune=zerolatency key-int-max=10" H264, 0.1, TRUE, 1000, 0, 3 },
  { "mkv", "h264", SOURCE "x264enc tune=zerolatency key-int-max=5" H264, 1, FALSE, 10000, 0, 3 },
  { "mp4", "h264", SOURCE "x264enc tune=zerolatency key-int-max=5" H264, 1, FALSE, 10000, 0, 3 },
  { "mp4", "h264", SOURCE "x264enc tune=zerolatency key-int-max=10" H264, 1. / 60, FALSE, 150, 0, 3 },
  { "mkv", "h264", SOURCE "x264enc tune=zerolatency key-int-max=10" H264, 0.04, FALSE, 0, 4000, 2 },
  { "mkv", "jpeg", SOURCE "jpegenc ! jpegparse", 0.04, FALSE, 200, 0, 5 },
  { "mkv", "h265",
    SOURCE "x265enc key-int-max=10 tune=zerolatency ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au", 0.04,
    FALSE, 400, 0, 3 },
  { "mp4", "h265",
    SOURCE "x265enc key-int-max=10 tune=zerolatency ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au", 0.04,
    FALSE, 400, 0, 3 },
};

static GPtrArray *
encode (const Kind *kind)
{
  g_autofree char *text = g_strdup_printf ("%s ! appsink name=sink sync=false", kind->launch);

  return clip_run (text);
}

/* In order of decoding; where there are B-frames a picture is shown at another time. */
static void
push_all (RecorderRig *self, const Kind *kind, GPtrArray *samples)
{
  const Track track = { .media = MEDIA_VIDEO, .encoding = g_intern_string (kind->encoding) };
  const double scale = kind->every_s / 0.04;
  GstClockTime origin = GST_BUFFER_PTS (gst_sample_get_buffer (g_ptr_array_index (samples, 0)));

  hub_begin_life (self->hub, 1, &track, 1);
  for (guint i = 0; i < samples->len; i++) {
    GstSample *sample = g_ptr_array_index (samples, i);
    GstBuffer *buffer = gst_sample_get_buffer (sample);
    double jitter = kind->varies ? (i * 7 % 10 - 4.5) / 10 * kind->every_s * (double)GST_SECOND : 0;
    double pts = (double)(GST_BUFFER_PTS (buffer) - origin) * scale + jitter;

    hub_push_frame (self->hub, 1, 0, buffer, gst_sample_get_caps (sample), (gint64)pts, HUB_NO_TIME);
  }
}

/* Which frames of `sent` a file has: they follow each other. Files of a moment are told of in any order. */
static void
mark_frames (JsonNode *opened, GPtrArray *sent, gboolean *seen)
{
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (opened, "path"), MEDIA_VIDEO);
  guint first = 0;

  g_assert_cmpuint (video->len, >, 0);
  g_assert_true (g_ptr_array_find_with_equal_func (sent, g_ptr_array_index (video, 0), g_str_equal, &first));
  g_assert_cmpint (json_object_get_boolean_member (json_node_get_object (opened), "continues"), ==, first > 0);
  for (guint i = 0; i < video->len; i++) {
    g_assert_cmpstr (g_ptr_array_index (video, i), ==, g_ptr_array_index (sent, first + i));
    g_assert_false (seen[first + i]);
    seen[first + i] = TRUE;
  }
}

static void
test_files_join (RecorderRig *self, gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *bytes = g_strdup_printf ("\"bytes\":%" G_GUINT64_FORMAT, kind->bytes);
  g_autoptr (GPtrArray) samples = encode (kind);
  g_autoptr (GPtrArray) sent = clip_digests (samples);
  gboolean seen[FRAMES] = { FALSE };
  guint files = 0;

  g_assert_cmpuint (samples->len, ==, FRAMES);
  recorder_rig_start_with (self, kind->format, kind->every_ms, bytes);
  push_all (self, kind, samples);
  recorder_rig_stop (self);
  for (; reports_count (self->reports, "segmentOpened") > 0; files++) {
    g_autoptr (JsonNode) opened = reports_await (self->reports, "segmentOpened");
    mark_frames (opened, sent, seen);
  }
  g_assert_cmpuint (files, >=, kind->files);
  for (guint i = 0; i < FRAMES; i++)
    g_assert_true (seen[i]);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *path = g_strdup_printf ("/continuity/%u-%s-%s", i, kinds[i].encoding, kinds[i].format);
    g_test_add (path, RecorderRig, &kinds[i], recorder_rig_set_up, test_files_join, recorder_rig_tear_down);
  }
  return g_test_run ();
}
