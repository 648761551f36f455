#include "mount-factory.h"
#include "frame.h"
#include "viewer-feedback.h"

/* Frames are sent when they come, however old: the sinks find every one of them late. Their timestamps stay true. */
#define SINK_OFFSET (-(gint64)(24 * 3600 * GST_SECOND))

#define SEAT "dslrs-seat"

/* A viewer of a group, as long as its media lives. */
typedef struct
{
  Viewer *viewer;
  ViewerGroup *group;
} Seat;

struct _MountFactory
{
  GstRTSPMediaFactory parent;
  const OutputContext *context;
  ViewerGroup *group;
  Fallback *fallback;
};

G_DEFINE_TYPE (MountFactory, mount_factory, GST_TYPE_RTSP_MEDIA_FACTORY)

static void
seat_free (gpointer data)
{
  Seat *seat = data;

  viewer_group_remove (seat->group, seat->viewer);
  viewer_unref (seat->viewer);
  viewer_group_unref (seat->group);
  g_free (seat);
}

static Seat *
seat_of (GstRTSPMedia *media)
{
  g_autoptr (GstElement) element = gst_rtsp_media_get_element (media);

  return g_object_get_data (G_OBJECT (element), SEAT);
}

static gboolean
end_viewer (gpointer user_data)
{
  Seat *seat = user_data;

  viewer_group_end (seat->group, seat->viewer);
  return G_SOURCE_REMOVE;
}

static void
end_request_free (gpointer data)
{
  Seat *seat = data;

  viewer_unref (seat->viewer);
  viewer_group_unref (seat->group);
  g_free (seat);
}

static void
on_viewer_over (Viewer *viewer, gpointer user_data)
{
  Seat *seat = g_new (Seat, 1);

  seat->viewer = viewer_ref (viewer);
  seat->group = viewer_group_ref (user_data);
  g_idle_add_full (G_PRIORITY_DEFAULT, end_viewer, seat, end_request_free);
}

static GstElement *
mount_factory_create_element (GstRTSPMediaFactory *factory, const GstRTSPUrl *url)
{
  MountFactory *self = (MountFactory *)factory;
  GstRTSPContext *context = gst_rtsp_context_get_current ();
  g_autoptr (GError) error = NULL;
  g_autoptr (HubFrame) still = fallback_first_still (self->fallback);
  const ViewerSettings settings = {
    .hub = self->context->hub,
    .pipelines = self->context->pipelines,
    .still = still,
    .over = on_viewer_over,
    .user_data = self->group,
  };
  g_autoptr (Viewer) viewer = viewer_new (&settings, &error);
  GstElement *element = viewer != NULL ? viewer_build (viewer, &error) : NULL;

  if (element == NULL) {
    GST_WARNING_OBJECT (factory, "%s", error->message);
    return NULL;
  }
  Seat *seat = g_new (Seat, 1);
  viewer_group_add (self->group, viewer, context->client);
  seat->viewer = g_steal_pointer (&viewer);
  seat->group = viewer_group_ref (self->group);
  g_object_set_data_full (G_OBJECT (element), SEAT, seat, seat_free);
  return element;
}

static void
on_element_added (GstBin *pipeline, GstBin *bin, GstElement *element, gpointer user_data)
{
  if (!GST_IS_BASE_SINK (element))
    return;
  g_object_set (element, "ts-offset", SINK_OFFSET, NULL);
  if (g_str_equal (G_OBJECT_TYPE_NAME (element), "GstMultiUDPSink"))
    viewer_set_paced (user_data);
}

/* Running time is the viewer's time, so that RTCP says when a frame was taken. */
static GstElement *
mount_factory_create_pipeline (GstRTSPMediaFactory *factory, GstRTSPMedia *media)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  Viewer *viewer = seat_of (media)->viewer;
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();

  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  gst_element_set_start_time (pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (pipeline, gst_clock_get_time (clock) - viewer_running_time (viewer));
  g_signal_connect (pipeline, "deep-element-added", G_CALLBACK (on_element_added), viewer);
  gst_rtsp_media_take_pipeline (media, GST_PIPELINE (pipeline));
  return pipeline;
}

static void
on_prepared (GstRTSPMedia *media, gpointer user_data)
{
  viewer_feedback_watch (seat_of (media)->viewer, media);
}

static void
on_new_state (GstRTSPMedia *media, gint state, gpointer user_data)
{
  Seat *seat = seat_of (media);

  if (state == GST_STATE_PLAYING)
    viewer_play (seat->viewer, media);
  else
    viewer_pause (seat->viewer);
}

static void
on_unprepared (GstRTSPMedia *media, gpointer user_data)
{
  Seat *seat = seat_of (media);

  viewer_leave (seat->viewer);
  viewer_group_remove (seat->group, seat->viewer);
}

static void
mount_factory_configure (GstRTSPMediaFactory *factory, GstRTSPMedia *media)
{
  GST_RTSP_MEDIA_FACTORY_CLASS (mount_factory_parent_class)->configure (factory, media);
  g_signal_connect (media, "prepared", G_CALLBACK (on_prepared), NULL);
  g_signal_connect (media, "new-state", G_CALLBACK (on_new_state), NULL);
  g_signal_connect (media, "unprepared", G_CALLBACK (on_unprepared), NULL);
}

static void
mount_factory_finalize (GObject *object)
{
  MountFactory *self = (MountFactory *)object;

  viewer_group_unref (self->group);
  fallback_unref (self->fallback);
  G_OBJECT_CLASS (mount_factory_parent_class)->finalize (object);
}

static void
mount_factory_class_init (MountFactoryClass *class)
{
  GstRTSPMediaFactoryClass *factory_class = GST_RTSP_MEDIA_FACTORY_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = mount_factory_finalize;
  factory_class->create_element = mount_factory_create_element;
  factory_class->create_pipeline = mount_factory_create_pipeline;
  factory_class->configure = mount_factory_configure;
}

static void
mount_factory_init (MountFactory *self)
{
}

GstRTSPMediaFactory *
mount_factory_new (const OutputContext *context, ViewerGroup *group, Fallback *fallback)
{
  MountFactory *self = g_object_new (mount_factory_get_type (), NULL);
  GstRTSPMediaFactory *factory = GST_RTSP_MEDIA_FACTORY (self);

  self->context = context;
  self->group = viewer_group_ref (group);
  self->fallback = fallback_ref (fallback);
  gst_rtsp_media_factory_set_shared (factory, FALSE);
  gst_rtsp_media_factory_set_protocols (factory, GST_RTSP_LOWER_TRANS_TCP | GST_RTSP_LOWER_TRANS_UDP);
  return factory;
}

static const char *
transport_of (GstRTSPContext *context)
{
  g_autoptr (GPtrArray) transports = gst_rtsp_session_media_get_transports (context->sessmedia);

  if (gst_rtsp_connection_is_tunneled (gst_rtsp_client_get_connection (context->client)))
    return "http";
  for (guint i = 0; i < transports->len; i++) {
    GstRTSPStreamTransport *transport = g_ptr_array_index (transports, i);

    if (transport != NULL
        && gst_rtsp_stream_transport_get_transport (transport)->lower_transport == GST_RTSP_LOWER_TRANS_UDP)
      return "udp";
  }
  return "tcp";
}

void
mount_factory_on_play (GstRTSPClient *client, GstRTSPContext *context)
{
  Seat *seat = seat_of (context->media);
  char *agent = NULL;

  gst_rtsp_message_get_header (context->request, GST_RTSP_HDR_USER_AGENT, &agent, 0);
  const ViewerIdentity identity = { .transport = transport_of (context), .agent = agent != NULL ? agent : "" };
  viewer_group_joined (seat->group, seat->viewer, context->session, &identity);
}
