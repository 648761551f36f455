#include "clip.h"

#include <gio/gio.h>
#include <gst/app/gstappsink.h>

/* Longer than any file that fits into memory takes, so that a pipe or a dead mount cannot hold the camera up for ever.
 */
#define LOAD_TIMEOUT (60 * GST_SECOND)

/* How long the picture of a file with one frame is shown. */
#define LONE_FRAME_DURATION GST_SECOND

#define AAC_FRAME_SAMPLES 1024

typedef struct
{
  GstElement *pipeline;
  GstElement *sinks[2]; /* video, audio */
  const Codec *codecs[2];
} Loader;

static void
frame_clear (ClipFrame *frame)
{
  gst_clear_buffer (&frame->buffer);
}

void
clip_free (Clip *clip)
{
  for (guint i = 0; i < G_N_ELEMENTS (clip->tracks); i++) {
    gst_clear_caps (&clip->tracks[i].caps);
    g_clear_pointer (&clip->tracks[i].frames, g_array_unref);
  }
  g_free (clip);
}

/* async=false: a sink that waits for its preroll would hold up the demuxer, which feeds all of them from one thread.
 * wait-on-eos=false: frames are collected after the end. */
static void
link_track (GstElement *demuxer, GstPad *pad, gpointer user_data)
{
  Loader *loader = user_data;
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  const Codec *codec = codec_for_caps (caps);
  guint index = codec != NULL && codec->video ? 0 : 1;
  gboolean wanted = codec != NULL && loader->sinks[index] == NULL;
  g_autofree char *text = wanted
                              ? g_strdup_printf ("%s ! %s ! appsink name=sink sync=false async=false wait-on-eos=false",
                                                 codec->parse, codec->caps)
                              : g_strdup ("fakesink sync=false async=false");
  GstElement *bin = gst_parse_bin_from_description (text, TRUE, NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (bin, "sink");

  if (wanted) {
    loader->sinks[index] = gst_bin_get_by_name (GST_BIN (bin), "sink");
    loader->codecs[index] = codec;
  }
  gst_bin_add (GST_BIN (loader->pipeline), bin);
  gst_pad_link (pad, sink_pad);
  gst_element_sync_state_with_parent (bin);
}

/* Containers round it, or cut the last one short; of AAC it is known. */
static gint64
duration_of (const Codec *codec, GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  int rate = 0;

  if (g_str_equal (codec->encoding, "aac")
      && gst_structure_get_int (gst_caps_get_structure (gst_sample_get_caps (sample), 0), "rate", &rate) && rate > 0)
    return gst_util_uint64_scale_int (AAC_FRAME_SAMPLES, GST_SECOND, rate);
  return GST_BUFFER_DURATION_IS_VALID (buffer) ? (gint64)GST_BUFFER_DURATION (buffer) : 0;
}

static void
append_frame (ClipTrack *track, GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  ClipFrame frame = { .buffer = gst_buffer_ref (buffer),
                      .pts = (gint64)GST_BUFFER_PTS (buffer),
                      .duration = duration_of (track->codec, sample),
                      .keyframe = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) };

  if (track->caps == NULL)
    track->caps = gst_caps_ref (gst_sample_get_caps (sample));
  g_array_append_val (track->frames, frame);
}

/* From buffer time to running time, by the last segment for all frames: matroskademux begins with another one when its
 * tracks do not begin together, which would put the first frames out of step. */
static void
apply_segment (ClipTrack *track, const GstSegment *segment)
{
  for (guint i = 0; i < track->frames->len; i++) {
    ClipFrame *frame = &g_array_index (track->frames, ClipFrame, i);
    guint64 running_time = 0;
    int sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, frame->pts, &running_time);

    frame->pts = sign < 0 ? -(gint64)running_time : (gint64)running_time;
  }
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

  return left < right ? -1 : left > right;
}

/* Decoding times: the sorted presentation times, earlier by what the deepest reordering needs. Without B-frames DTS =
 * PTS. */
static void
compute_times (ClipTrack *track)
{
  ClipFrame *frames = (ClipFrame *)track->frames->data;
  guint n = track->frames->len;
  g_autofree gint64 *sorted = g_new (gint64, n);
  gint64 delay = 0, last_duration;

  for (guint i = 0; i < n; i++)
    sorted[i] = frames[i].pts;
  qsort (sorted, n, sizeof *sorted, compare_times);
  for (guint i = 0; i < n; i++)
    delay = MAX (delay, sorted[i] - frames[i].pts);
  for (guint i = 0; i < n; i++)
    frames[i].dts = sorted[i] - delay;
  /* The mean is exact where a container rounds each time to milliseconds. */
  last_duration = n > 1 ? (sorted[n - 1] - sorted[0]) / (n - 1) : LONE_FRAME_DURATION;
  track->period = sorted[n - 1] - sorted[0] + last_duration;
}

static void
collect_track (Clip *clip, const Codec *codec, GstElement *sink)
{
  ClipTrack *track = &clip->tracks[clip->n_tracks];
  GstSegment segment;

  track->codec = codec;
  track->frames = g_array_new (FALSE, FALSE, sizeof (ClipFrame));
  g_array_set_clear_func (track->frames, (GDestroyNotify)frame_clear);
  for (;;) {
    g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 0);

    if (sample == NULL)
      break;
    if (!GST_BUFFER_PTS_IS_VALID (gst_sample_get_buffer (sample)))
      continue;
    append_frame (track, sample);
    segment = *gst_sample_get_segment (sample);
  }
  if (track->frames->len == 0) {
    g_clear_pointer (&track->frames, g_array_unref);
    return;
  }
  apply_segment (track, &segment);
  compute_times (track);
  clip->n_tracks++;
}

static void
count_from_first_decoding_time (Clip *clip)
{
  gint64 first = g_array_index (clip->tracks[0].frames, ClipFrame, 0).dts;

  for (guint t = 0; t < clip->n_tracks; t++)
    for (guint i = 0; i < clip->tracks[t].frames->len; i++) {
      ClipFrame *frame = &g_array_index (clip->tracks[t].frames, ClipFrame, i);

      frame->pts -= first;
      frame->dts -= first;
    }
}

static gboolean
wait_until_read (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, LOAD_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (message == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it was not read within %u s",
                 (guint)(LOAD_TIMEOUT / GST_SECOND));
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  else
    return TRUE;
  return FALSE;
}

static Clip *
read_clip (Loader *loader, GError **error)
{
  g_autoptr (Clip) clip = g_new0 (Clip, 1);

  if (!wait_until_read (loader->pipeline, error))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (loader->sinks); i++)
    if (loader->sinks[i] != NULL)
      collect_track (clip, loader->codecs[i], loader->sinks[i]);
  if (clip->n_tracks == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it holds no track of a known encoding");
    return NULL;
  }
  if (!g_array_index (clip->tracks[0].frames, ClipFrame, 0).keyframe) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it does not begin with a keyframe");
    return NULL;
  }
  count_from_first_decoding_time (clip);
  return g_steal_pointer (&clip);
}

Clip *
clip_load (const char *path, GError **error)
{
  Loader loader = { .pipeline = gst_parse_launch ("filesrc name=file ! parsebin name=demuxer", NULL) };
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (loader.pipeline), "file");
  g_autoptr (GstElement) demuxer = gst_bin_get_by_name (GST_BIN (loader.pipeline), "demuxer");
  Clip *clip;

  g_object_set (file, "location", path, NULL);
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (link_track), &loader);
  clip = read_clip (&loader, error);
  g_prefix_error (error, "%s: ", path);
  gst_element_set_state (loader.pipeline, GST_STATE_NULL);
  for (guint i = 0; i < G_N_ELEMENTS (loader.sinks); i++)
    gst_clear_object (&loader.sinks[i]);
  gst_object_unref (loader.pipeline);
  return clip;
}
