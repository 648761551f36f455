#include "launch.h"
#include "segment-private.h"

static GstBusSyncReply
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Segment *self = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    segment_end (self, NULL);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    segment_end (self, failure_from_message (message));
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
on_feed_failed (GstFlowReturn flow, gpointer user_data)
{
  segment_end (user_data, failure_new ("error", "the muxer refused a frame: %s", gst_flow_get_name (flow)));
}

/* Those begun before have been made. */
static GstPadProbeReturn
on_write (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Segment *self = user_data;

  g_atomic_int_inc (&self->writes);
  return GST_PAD_PROBE_OK;
}

static void
watch_writes (Segment *self, GstElement *sink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_write, self, NULL);
}

static gboolean
add_track (Segment *self, GstElement *muxer, const Track *track, GError **error)
{
  SegmentTrack added;

  if (!segment_track_init (&added, muxer, track, self->container->name, error))
    return FALSE;
  g_array_append_val (self->tracks, added);
  return TRUE;
}

/* Not before the muxer has all its pads: it would finish the file when the first of them sleeps. */
static void
start_feeds (Segment *self, GPtrArray *tracks)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);
    FeedConfig config = {
      .sink = track->pad,
      .caps = ((Track *)g_ptr_array_index (tracks, i))->caps,
      .dozes = track->media == MEDIA_AUDIO && !self->audio_only && self->container->waits,
      .failed = on_feed_failed,
      .user_data = self,
    };
    track->feed = feed_new (&config);
  }
}

static gboolean
build_pipeline (Segment *self, const SegmentConfig *config, GError **error)
{
  GstElement *bin = container_make (self->container, config->pipelines, error);

  if (bin == NULL)
    return FALSE;
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_bin_add (GST_BIN (self->pipeline), bin);

  g_autoptr (GstElement) muxer = launch_element (bin, "mux");
  g_autoptr (GstElement) sink = launch_element (bin, "file");
  g_object_set (sink, "location", segment_file_part (self->file), NULL);
  watch_writes (self, sink);

  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  gst_bus_set_sync_handler (bus, on_bus_message, self, NULL);
  for (guint i = 0; i < config->tracks->len; i++)
    if (!add_track (self, muxer, g_ptr_array_index (config->tracks, i), error))
      return FALSE;
  /* A failure is a message on the bus, too. */
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  start_feeds (self, config->tracks);
  return TRUE;
}

static GStrv
encodings_of (GPtrArray *tracks)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < tracks->len; i++)
    g_strv_builder_add (names, ((Track *)g_ptr_array_index (tracks, i))->encoding);
  return g_strv_builder_end (names);
}

static gboolean
without_video (GPtrArray *tracks)
{
  for (guint i = 0; i < tracks->len; i++)
    if (((Track *)g_ptr_array_index (tracks, i))->media == MEDIA_VIDEO)
      return FALSE;
  return TRUE;
}

static SegmentFile *
make_file (const SegmentConfig *config, GError **error)
{
  if (config->draft != NULL)
    return segment_file_create_beside (config->draft->file, error);
  return segment_file_create (config->place, config->container->name, g_get_real_time () / 1000, error);
}

Segment *
segment_open (const SegmentConfig *config, GError **error)
{
  Segment *self = g_atomic_rc_box_new0 (Segment);

  self->container = config->container;
  self->tracks = g_array_new (FALSE, TRUE, sizeof (SegmentTrack));
  self->encodings = encodings_of (config->tracks);
  self->audio_only = without_video (config->tracks);
  self->reason = "error";
  self->ended = config->ended;
  self->user_data = config->user_data;
  self->file = make_file (config, error);
  if (self->file == NULL || !build_pipeline (self, config, error)) {
    segment_unref (self);
    return NULL;
  }
  return self;
}
