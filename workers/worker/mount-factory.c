#include "mount-factory.h"
#include "client-socket.h"
#include "first-report.h"
#include "frame.h"
#include "refusal.h"
#include "seat.h"
#include "viewer-feedback.h"

/* Frames are sent when they come, however old: the sinks find every one of them late. Their timestamps stay true. */
#define SINK_OFFSET (-(gint64)(24 * 3600 * GST_SECOND))

/* What a client asked for, from the moment it got a seat until its media is made. */
#define ELEMENT "dslrs-element"

struct _MountFactory
{
  GstRTSPMediaFactory parent;
  const OutputContext *context;
  ViewerGroup *group;
  Fallback *fallback;
  Multicast *multicast; /* NULL: each client is sent to */
  Listeners *listeners; /* the same */
};

G_DEFINE_TYPE (MountFactory, mount_factory, GST_TYPE_RTSP_MEDIA_FACTORY)

static gboolean
end_viewer (gpointer user_data)
{
  Seat *seat = user_data;

  viewer_group_end (seat->group, seat->viewer);
  return G_SOURCE_REMOVE;
}

static void
on_viewer_over (Viewer *viewer, gpointer user_data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, end_viewer, seat_new (viewer, user_data), seat_free);
}

/* (transfer full). NULL with `error` where there is nothing to show. */
static Viewer *
make_viewer (gpointer user_data, GError **error)
{
  MountFactory *self = user_data;
  g_autoptr (HubFrame) still = fallback_first_still (self->fallback);
  const ViewerSettings settings = {
    .hub = self->context->hub,
    .substream = self->context->substream,
    .pipelines = self->context->pipelines,
    .still = still,
    .over = on_viewer_over,
    .user_data = self->group,
  };

  return viewer_new (&settings, error);
}

/* A seat for one client: (transfer full). NULL: there is none, and its client is to hear why. */
static Seat *
take_seat (MountFactory *self, GstRTSPClient *client)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Viewer) viewer = make_viewer (self, &error);

  if (viewer == NULL) {
    refusal_set (client, GST_RTSP_STS_SERVICE_UNAVAILABLE, error->message);
    return NULL;
  }
  guint number = viewer_group_add (self->group, viewer, client);
  if (number == 0) {
    refusal_set (client, GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH, VIEWER_GROUP_IS_FULL);
    return NULL;
  }
  Seat *seat = seat_new (viewer, self->group);
  seat->number = number;
  return seat;
}

/* The same for what all clients listen to; those have their seats. */
static Seat *
take_stage (MountFactory *self, GstRTSPClient *client)
{
  /* One that begins with SETUP comes here first. */
  if (!listeners_admit (self->listeners, client))
    return NULL;
  g_autoptr (Viewer) viewer = listeners_take_viewer (self->listeners);
  if (viewer == NULL) {
    refusal_set (client, GST_RTSP_STS_SERVICE_UNAVAILABLE, "This group has just ended; ask again in a second");
    return NULL;
  }
  Seat *seat = seat_new (viewer, self->group);
  seat->listeners = listeners_ref (self->listeners);
  return seat;
}

/* (transfer full). NULL: it cannot be shown, and its client is to hear why. */
static GstElement *
make_element (MountFactory *self, GstRTSPClient *client)
{
  g_autoptr (GError) error = NULL;
  Seat *seat = self->listeners != NULL ? take_stage (self, client) : take_seat (self, client);

  if (seat == NULL)
    return NULL;
  GstElement *element = viewer_build (seat->viewer, &error);
  if (element == NULL) {
    refusal_set (client, GST_RTSP_STS_INTERNAL_SERVER_ERROR, error->message);
    seat_free (seat);
    return NULL;
  }
  seat_give (seat, element);
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
  /* One that waits for a first frame passes no latency on until then. */
  g_object_set (element, "ts-offset", SINK_OFFSET, "async", FALSE, NULL);
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
  Seat *seat = seat_of (media);

  /* What one listener reports is no reason to send all of them less. */
  if (seat->listeners != NULL)
    viewer_feedback_tell_group (media);
  else
    viewer_feedback_watch (seat->viewer, media);
}

/* The RTP sessions do not know when a frame was taken, and get their reports wrong, before they know the latency. The
 * pipeline tells them, but on a thread of its own. */
static void
tell_latency (GstRTSPMedia *media)
{
  g_autoptr (GstElement) element = gst_rtsp_media_get_element (media);
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (element));

  gst_bin_recalculate_latency (GST_BIN (pipeline));
}

static void
on_new_state (GstRTSPMedia *media, gint state, gpointer user_data)
{
  Seat *seat = seat_of (media);

  if (state == GST_STATE_PLAYING) {
    g_atomic_int_set (&seat->has_begun, TRUE);
    tell_latency (media);
    first_report_interleave (media);
    viewer_play (seat->viewer, media);
  } else
    viewer_pause (seat->viewer);
}

static void
on_unprepared (GstRTSPMedia *media, gpointer user_data)
{
  Seat *seat = seat_of (media);

  viewer_leave (seat->viewer);
  seat_clear (seat);
}

static void
mount_factory_configure (GstRTSPMediaFactory *factory, GstRTSPMedia *media)
{
  MountFactory *self = (MountFactory *)factory;
  GstRTSPContext *context = gst_rtsp_context_get_current ();

  GST_RTSP_MEDIA_FACTORY_CLASS (mount_factory_parent_class)->configure (factory, media);
  g_signal_connect (media, "prepared", G_CALLBACK (on_prepared), NULL);
  if (self->multicast != NULL)
    multicast_allot (self->multicast, media);
  /* Over UDP the media would leave in the clear what is asked for through TLS: 461. */
  if (context != NULL && client_socket_is_tls (context->client))
    gst_rtsp_media_set_protocols (media, GST_RTSP_LOWER_TRANS_TCP);
  g_signal_connect (media, "new-state", G_CALLBACK (on_new_state), NULL);
  g_signal_connect (media, "unprepared", G_CALLBACK (on_unprepared), NULL);
}

/* One for all, whatever port and query a client asks with. */
static char *
mount_factory_gen_key (GstRTSPMediaFactory *factory, const GstRTSPUrl *url)
{
  return g_strdup ("group");
}

static void
mount_factory_finalize (GObject *object)
{
  MountFactory *self = (MountFactory *)object;

  viewer_group_unref (self->group);
  fallback_unref (self->fallback);
  g_clear_pointer (&self->multicast, multicast_free);
  g_clear_pointer (&self->listeners, listeners_unref);
  G_OBJECT_CLASS (mount_factory_parent_class)->finalize (object);
}

static void
mount_factory_class_init (MountFactoryClass *class)
{
  GstRTSPMediaFactoryClass *factory_class = GST_RTSP_MEDIA_FACTORY_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = mount_factory_finalize;
  factory_class->gen_key = mount_factory_gen_key;
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
mount_factory_new (const OutputContext *context, ViewerGroup *group, Fallback *fallback, const Multicast *multicast)
{
  MountFactory *self = g_object_new (mount_factory_get_type (), NULL);
  GstRTSPMediaFactory *factory = GST_RTSP_MEDIA_FACTORY (self);

  self->context = context;
  self->group = viewer_group_ref (group);
  self->fallback = fallback_ref (fallback);
  gst_rtsp_media_factory_set_shared (factory, multicast != NULL);
  gst_rtsp_media_factory_set_protocols (factory, multicast != NULL
                                                     ? GST_RTSP_LOWER_TRANS_UDP_MCAST
                                                     : GST_RTSP_LOWER_TRANS_TCP | GST_RTSP_LOWER_TRANS_UDP);
  if (multicast == NULL)
    return factory;
  self->multicast = multicast_copy (multicast);
  self->listeners = listeners_new (group, make_viewer, self);
  return factory;
}

GstRTSPMediaFactory *
mount_factory_for (GstRTSPContext *context)
{
  g_autoptr (GstRTSPMountPoints) mounts = gst_rtsp_client_get_mount_points (context->client);
  int matched = 0;

  if (context->uri == NULL || mounts == NULL)
    return NULL;
  g_autofree char *path
      = GST_RTSP_CLIENT_GET_CLASS (context->client)->make_path_from_uri (context->client, context->uri);
  return path != NULL ? gst_rtsp_mount_points_match (mounts, path, &matched) : NULL;
}

Access *
mount_factory_access (GstRTSPMediaFactory *factory)
{
  return viewer_group_access (((MountFactory *)factory)->group);
}

Listeners *
mount_factory_listeners (GstRTSPMediaFactory *factory)
{
  return ((MountFactory *)factory)->listeners;
}
