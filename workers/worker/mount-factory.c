#include "mount-factory.h"
#include "client-socket.h"
#include "frame.h"
#include "refusal.h"
#include "viewer-feedback.h"

/* Frames are sent when they come, however old: the sinks find every one of them late. Their timestamps stay true. */
#define SINK_OFFSET (-(gint64)(24 * 3600 * GST_SECOND))

#define SEAT "dslrs-seat"
/* What a client asked for, from the moment it got a seat until its media is made. */
#define ELEMENT "dslrs-element"

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
seat_new (Viewer *viewer, ViewerGroup *group)
{
  Seat *seat = g_new (Seat, 1);

  seat->viewer = viewer_ref (viewer);
  seat->group = viewer_group_ref (group);
  return seat;
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
  g_idle_add_full (G_PRIORITY_DEFAULT, end_viewer, seat_new (viewer, user_data), end_request_free);
}

/* (transfer floating). NULL: it cannot be shown, and its client is to hear why. */
static GstElement *
take_seat (MountFactory *self, Viewer *viewer, GstRTSPClient *client)
{
  g_autoptr (GError) error = NULL;

  if (!viewer_group_add (self->group, viewer, client)) {
    refusal_set (client, GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH, "This stream has all the viewers that it may have");
    return NULL;
  }
  GstElement *element = viewer_build (viewer, &error);
  if (element == NULL) {
    viewer_group_remove (self->group, viewer);
    refusal_set (client, GST_RTSP_STS_INTERNAL_SERVER_ERROR, error->message);
  }
  return element;
}

/* (transfer full). NULL: it cannot be shown, and its client is to hear why. */
static GstElement *
make_element (MountFactory *self, GstRTSPClient *client)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HubFrame) still = fallback_first_still (self->fallback);
  const ViewerSettings settings = {
    .hub = self->context->hub,
    .substream = self->context->substream,
    .pipelines = self->context->pipelines,
    .still = still,
    .over = on_viewer_over,
    .user_data = self->group,
  };
  g_autoptr (Viewer) viewer = viewer_new (&settings, &error);

  if (viewer == NULL) {
    refusal_set (client, GST_RTSP_STS_SERVICE_UNAVAILABLE, error->message);
    return NULL;
  }
  GstElement *element = take_seat (self, viewer, client);
  if (element == NULL)
    return NULL;
  g_object_set_data_full (G_OBJECT (element), SEAT, seat_new (viewer, self->group), seat_free);
  return gst_object_ref_sink (element);
}

/* A media that cannot be made is no fault, but gst-rtsp-server warns of an element that cannot: so the element comes
 * first. */
static GstRTSPMedia *
mount_factory_construct (GstRTSPMediaFactory *factory, const GstRTSPUrl *url)
{
  GstRTSPClient *client = gst_rtsp_context_get_current ()->client;
  GstElement *element = make_element ((MountFactory *)factory, client);

  if (element == NULL)
    return NULL;
  g_object_set_data_full (G_OBJECT (client), ELEMENT, element, gst_object_unref);
  return GST_RTSP_MEDIA_FACTORY_CLASS (mount_factory_parent_class)->construct (factory, url);
}

static GstElement *
mount_factory_create_element (GstRTSPMediaFactory *factory, const GstRTSPUrl *url)
{
  GstElement *element = g_object_steal_data (G_OBJECT (gst_rtsp_context_get_current ()->client), ELEMENT);

  g_object_force_floating (G_OBJECT (element));
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
  GstRTSPContext *context = gst_rtsp_context_get_current ();

  GST_RTSP_MEDIA_FACTORY_CLASS (mount_factory_parent_class)->configure (factory, media);
  g_signal_connect (media, "prepared", G_CALLBACK (on_prepared), NULL);
  /* Over UDP the media would leave in the clear what is asked for through TLS: 461. */
  if (context != NULL && client_socket_is_tls (context->client))
    gst_rtsp_media_set_protocols (media, GST_RTSP_LOWER_TRANS_TCP);
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
  factory_class->construct = mount_factory_construct;
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

Access *
mount_factory_access (GstRTSPMediaFactory *factory)
{
  return viewer_group_access (((MountFactory *)factory)->group);
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
  const ViewerIdentity identity = {
    .transport = transport_of (context),
    .agent = agent != NULL ? agent : "",
  };
  viewer_group_joined (seat->group, seat->viewer, context->session, &identity);
}
