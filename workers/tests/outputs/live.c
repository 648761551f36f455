#include "live.h"

#define FRAME_MS 40

static gboolean
push_next (gpointer user_data)
{
  Live *live = user_data;
  GstSample *sample = g_ptr_array_index (live->video, live->next % live->video->len);

  hub_push_frame (live->hub, 1, 0, gst_sample_get_buffer (sample), gst_sample_get_caps (sample),
                  (gint64)(live->next++ * CLIP_FRAME_TIME), HUB_NO_TIME);
  return G_SOURCE_CONTINUE;
}

void
live_begin (Live *live, Hub *hub, const char *encoding, const char *pipeline)
{
  const Track track = { .media = MEDIA_VIDEO, .encoding = g_intern_string (encoding) };

  live->hub = hub;
  live->next = 0;
  live->video = clip_run (pipeline);
  hub_begin_life (hub, 1, &track, 1);
  push_next (live);
  live->source = g_timeout_add (FRAME_MS, push_next, live);
}

void
live_begin_h264 (Live *live, Hub *hub, gint width, guint quantizer)
{
  g_autofree char *pipeline
      = g_strdup_printf ("videotestsrc num-buffers=10 pattern=snow ! video/x-raw,width=%d,height=%d,framerate=25/1"
                         " ! x264enc speed-preset=ultrafast tune=zerolatency pass=qual quantizer=%u key-int-max=10"
                         " ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink name=sink sync=false",
                         width, width * 3 / 4, quantizer);

  live_begin (live, hub, "h264", pipeline);
}

void
live_end (Live *live)
{
  g_source_remove (live->source);
  g_ptr_array_unref (live->video);
}
