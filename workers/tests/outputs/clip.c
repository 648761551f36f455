#include "clip.h"

#include <gst/app/gstappsink.h>

/* Sound comes later than its picture, as from most cameras, by so many frames. */
#define SOUND_LAG 4

static GPtrArray *
pull_all (GstElement *pipeline, const char *name)
{
  GPtrArray *samples = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_sample_unref);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);
  GstSample *sample;

  while ((sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 10 * GST_SECOND)) != NULL)
    g_ptr_array_add (samples, sample);
  return samples;
}

GPtrArray *
clip_run (const char *text)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);

  g_assert_nonnull (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GPtrArray *samples = pull_all (pipeline, "sink");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return samples;
}

Clip *
clip_new (void)
{
  return clip_new_of_size (160, 120);
}

Clip *
clip_new_of_size (gint width, gint height)
{
  Clip *self = g_new0 (Clip, 1);
  g_autofree char *video
      = g_strdup_printf ("videotestsrc num-buffers=100 pattern=ball ! video/x-raw,width=%d,height=%d,framerate=25/1"
                         " ! x264enc tune=zerolatency key-int-max=10 option-string=slices=2 ! h264parse"
                         " ! video/x-h264,stream-format=avc,alignment=au ! appsink name=sink sync=false",
                         width, height);

  self->video = clip_run (video);
  self->sound
      = clip_run ("audiotestsrc num-buffers=200 samplesperbuffer=960 wave=ticks ! audio/x-raw,rate=48000,channels=1"
                  " ! opusenc ! opusparse ! appsink name=sink sync=false");
  g_assert_cmpuint (self->video->len, ==, CLIP_FRAMES);
  return self;
}

void
clip_free (Clip *self)
{
  g_ptr_array_unref (self->video);
  g_ptr_array_unref (self->sound);
  g_free (self);
}

void
clip_begin (Clip *self, Hub *hub, guint64 life)
{
  const Track tracks[] = {
    { .media = MEDIA_VIDEO, .encoding = g_intern_static_string ("h264") },
    { .media = MEDIA_AUDIO, .encoding = g_intern_static_string ("opus") },
  };

  hub_begin_life (hub, life, tracks, G_N_ELEMENTS (tracks));
}

void
clip_begin_without_sound (Clip *self, Hub *hub, guint64 life)
{
  const Track track = { .media = MEDIA_VIDEO, .encoding = g_intern_static_string ("h264") };

  hub_begin_life (hub, life, &track, 1);
}

static void
push (Hub *hub, guint64 life, guint track, GstSample *sample, gint64 pts)
{
  hub_push_frame (hub, life, track, gst_sample_get_buffer (sample), gst_sample_get_caps (sample), pts, pts);
}

/* What is heard during video frame `i`: two packets of 20 ms. */
static void
push_sound (Clip *self, Hub *hub, guint64 life, guint i)
{
  for (guint n = 2 * i; n < 2 * i + 2; n++)
    push (hub, life, 1, g_ptr_array_index (self->sound, n % self->sound->len), (gint64)n * (gint64)CLIP_FRAME_TIME / 2);
}

void
clip_push (Clip *self, Hub *hub, guint64 life, guint from, guint to, gboolean sound)
{
  for (guint i = from; i < to + SOUND_LAG; i++) {
    if (i < to)
      push (hub, life, 0, g_ptr_array_index (self->video, i % CLIP_FRAMES), (gint64)i * (gint64)CLIP_FRAME_TIME);
    if (sound && i >= from + SOUND_LAG)
      push_sound (self, hub, life, i - SOUND_LAG);
  }
}

GPtrArray *
clip_digests (GPtrArray *samples)
{
  GPtrArray *digests = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < samples->len; i++) {
    GstBuffer *buffer = gst_sample_get_buffer (g_ptr_array_index (samples, i));
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_ptr_array_add (digests, g_compute_checksum_for_data (G_CHECKSUM_MD5, map.data, map.size));
    gst_buffer_unmap (buffer, &map);
  }
  return digests;
}

GPtrArray *
clip_digests_of_file (const char *path, Media media)
{
  const char *demuxer = strstr (path, ".mkv") != NULL ? "matroskademux" : "qtdemux";
  g_autofree char *text
      = g_strdup_printf ("filesrc name=source ! %s name=demux demux.%s_0 ! appsink name=sink sync=false", demuxer,
                         media == MEDIA_VIDEO ? "video" : "audio");
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");

  g_object_set (source, "location", path, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GPtrArray) samples = pull_all (pipeline, "sink");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return clip_digests (samples);
}
