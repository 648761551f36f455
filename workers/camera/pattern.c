#include "pattern.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

typedef struct
{
  Pattern *pattern;
  guint index;
  GstElement *sink;
} Track;

struct _Pattern
{
  Feed *feed;
  char *name;
  GstElement *pipeline;
  Track tracks[FEED_MAX_TRACKS];
};

/* The clock of the picture: written into every frame on its way to the overlay, because clockoverlay knows no
 * milliseconds. */
static GstPadProbeReturn
write_clock (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Pattern *self = user_data;
  g_autoptr (GstElement) overlay = gst_pad_get_parent_element (pad);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%F %T");
  g_autofree char *text = g_strdup_printf ("%s\n%s.%03d\nframe %" G_GUINT64_FORMAT, self->name, time,
                                           g_date_time_get_microsecond (now) / 1000,
                                           GST_BUFFER_OFFSET (GST_PAD_PROBE_INFO_BUFFER (info)));

  g_object_set (overlay, "text", text, NULL);
  return GST_PAD_PROBE_OK;
}

static GstFlowReturn
pass_on (GstAppSink *sink, gpointer user_data)
{
  Track *track = user_data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  GstBuffer *buffer = sample != NULL ? gst_sample_get_buffer (sample) : NULL;
  FeedFrame frame;

  if (buffer == NULL)
    return GST_FLOW_EOS;
  frame = (FeedFrame){
    .track = track->index,
    .buffer = buffer,
    .caps = gst_sample_get_caps (sample),
    .pts = gst_segment_to_running_time (gst_sample_get_segment (sample), GST_FORMAT_TIME, GST_BUFFER_PTS (buffer))
           + gst_element_get_base_time (GST_ELEMENT (sink)),
    .keyframe = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT),
  };
  frame.dts = frame.pts; /* live encoders here make no B-frames */
  feed_push (track->pattern->feed, &frame);
  return GST_FLOW_OK;
}

/* A viewer waits. Without effect on the state once it plays. */
static void
wake (gpointer producer)
{
  Pattern *self = producer;

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gst_element_send_event (self->tracks[0].sink,
                          gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

/* One thread an encoder and the fastest preset: a machine runs several of these beside what it tests. */
static char *
video_encoder_text (const PatternSpec *spec)
{
  int kbits = MAX (1, spec->bitrate / 1000);

  if (g_str_equal (spec->video->encoding, "h264"))
    return g_strdup_printf (
        "x264enc tune=zerolatency speed-preset=ultrafast threads=1 bframes=0 bitrate=%d key-int-max=%d", kbits,
        spec->gop);
  if (g_str_equal (spec->video->encoding, "h265"))
    return g_strdup_printf ("x265enc tune=zerolatency speed-preset=ultrafast bitrate=%d key-int-max=%d "
                            "option-string=pools=none:frame-threads=1:bframes=0:log-level=none",
                            kbits, spec->gop);
  return g_strdup ("jpegenc quality=70 idct-method=ifast");
}

/* Rate, samples a buffer and encoder; the packet sizes are those cameras use. */
static char *
audio_text (const Codec *codec)
{
  const char *encoding = codec->encoding;
  gboolean telephone = g_str_has_prefix (encoding, "pcm");

  return g_strdup_printf ("audiotestsrc is-live=true wave=ticks volume=0.1 samplesperbuffer=%d "
                          "! audio/x-raw,rate=%d,channels=1 ! %s",
                          g_str_equal (encoding, "aac") ? 1024 : (telephone ? 160 : 960), telephone ? 8000 : 48000,
                          g_str_equal (encoding, "aac")    ? "voaacenc bitrate=64000"
                          : g_str_equal (encoding, "opus") ? "opusenc bitrate=32000"
                          : g_str_equal (encoding, "pcma") ? "alawenc"
                                                           : "mulawenc");
}

static char *
launch_text (const PatternSpec *spec)
{
  g_autofree char *video_encoder = video_encoder_text (spec);
  g_autofree char *audio = spec->audio != NULL ? audio_text (spec->audio) : NULL;
  GString *text = g_string_new (NULL);

  g_string_printf (
      text,
      "videotestsrc name=picture is-live=true ! capsfilter name=format "
      "! textoverlay name=clock valignment=bottom halignment=left line-alignment=left font-desc=\"Monospace Bold 20\" "
      "! %s ! %s ! %s ! appsink name=track0 sync=false",
      video_encoder, spec->video->parse, spec->video->caps);
  if (audio != NULL)
    g_string_append_printf (text, " %s ! %s ! %s ! appsink name=track1 sync=false", audio, spec->audio->parse,
                            spec->audio->caps);
  return g_string_free (text, FALSE);
}

static void
add_track (Pattern *self, guint index)
{
  g_autofree char *name = g_strdup_printf ("track%u", index);
  Track *track = &self->tracks[index];
  GstAppSinkCallbacks callbacks = { .new_sample = pass_on };

  *track = (Track){ .pattern = self, .index = index, .sink = gst_bin_get_by_name (GST_BIN (self->pipeline), name) };
  gst_app_sink_set_callbacks (GST_APP_SINK (track->sink), &callbacks, track, NULL);
}

static gboolean
tell_error (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Pattern *self = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("dslrs-camera: %s: %s\n", self->name, error->message);
  }
  return G_SOURCE_CONTINUE;
}

/* The parts that stay the same over a change of the format. */
static void
dress_picture (Pattern *self, int picture_pattern)
{
  g_autoptr (GstElement) picture = gst_bin_get_by_name (GST_BIN (self->pipeline), "picture");
  g_autoptr (GstElement) overlay = gst_bin_get_by_name (GST_BIN (self->pipeline), "clock");
  g_autoptr (GstPad) overlay_pad = gst_element_get_static_pad (overlay, "video_sink");

  g_object_set (picture, "pattern", picture_pattern, NULL);
  gst_pad_add_probe (overlay_pad, GST_PAD_PROBE_TYPE_BUFFER, write_clock, self, NULL);
}

Pattern *
pattern_new (const PatternSpec *spec, const char *name, GError **error)
{
  const Codec *codecs[] = { spec->video, spec->audio };
  g_autofree char *text = launch_text (spec);
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  Pattern *self;

  if (pipeline == NULL)
    return NULL;
  self = g_new0 (Pattern, 1);
  self->feed = feed_new (codecs, spec->audio != NULL ? 2 : 1);
  self->name = g_strdup (name);
  self->pipeline = g_steal_pointer (&pipeline);
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_add_watch (bus, tell_error, self);
  dress_picture (self, spec->pattern);
  pattern_set_format (self, spec);
  for (guint i = 0; i < feed_n_tracks (self->feed); i++)
    add_track (self, i);
  feed_set_producer (self->feed, wake, self);
  return self;
}

Feed *
pattern_feed (Pattern *self)
{
  return self->feed;
}

void
pattern_set_format (Pattern *self, const PatternSpec *spec)
{
  g_autoptr (GstElement) filter = gst_bin_get_by_name (GST_BIN (self->pipeline), "format");
  g_autoptr (GstCaps) caps
      = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, spec->width, "height",
                             G_TYPE_INT, spec->height, "framerate", GST_TYPE_FRACTION, spec->fps_n, spec->fps_d, NULL);
  g_autoptr (GstCaps) present = NULL;

  g_object_get (filter, "caps", &present, NULL);
  if (!gst_caps_is_equal (caps, present))
    g_object_set (filter, "caps", caps, NULL);
}

void
pattern_rest (Pattern *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
}
