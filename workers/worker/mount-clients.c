#include "mount-clients.h"
#include "client-socket.h"
#include "mount-factory.h"
#include "refusal.h"
#include "seat.h"

#include <string.h>

static const char *
transport_of (GstRTSPContext *context)
{
  g_autoptr (GPtrArray) transports = gst_rtsp_session_media_get_transports (context->sessmedia);
  GstRTSPLowerTrans lower = GST_RTSP_LOWER_TRANS_UNKNOWN;

  if (gst_rtsp_connection_is_tunneled (gst_rtsp_client_get_connection (context->client)))
    return "http";
  for (guint i = 0; i < transports->len; i++) {
    GstRTSPStreamTransport *transport = g_ptr_array_index (transports, i);

    if (transport != NULL)
      lower |= gst_rtsp_stream_transport_get_transport (transport)->lower_transport;
  }
  if (lower & GST_RTSP_LOWER_TRANS_UDP_MCAST)
    return "multicast";
  return lower & GST_RTSP_LOWER_TRANS_UDP ? "udp" : "tcp";
}

static gboolean
request_keyframe (gpointer viewer)
{
  viewer_request_keyframe (viewer);
  return G_SOURCE_REMOVE;
}

/* Who finds others listening comes in the middle of a GOP, and may be the first with sound. */
static void
begin_to_listen (Seat *seat, GstRTSPMedia *media)
{
  if (g_atomic_int_compare_and_exchange (&seat->has_begun, TRUE, FALSE))
    return;
  viewer_play (seat->viewer, media);
  g_idle_add_full (G_PRIORITY_DEFAULT, request_keyframe, viewer_ref (seat->viewer), (GDestroyNotify)viewer_unref);
}

static void
on_play (GstRTSPClient *client, GstRTSPContext *context, gpointer user_data)
{
  Seat *seat = seat_of (context->media);
  char *agent = NULL;

  gst_rtsp_message_get_header (context->request, GST_RTSP_HDR_USER_AGENT, &agent, 0);
  const ViewerIdentity identity = {
    .transport = transport_of (context),
    .agent = agent != NULL ? agent : "",
  };
  if (seat->listeners == NULL) {
    viewer_group_joined (seat->group, seat->number, context->session, &identity);
    return;
  }
  begin_to_listen (seat, context->media);
  listeners_joined (client, context->session, &identity);
}

static gboolean
asks_for_multicast (GstRTSPContext *context)
{
  char *transport = NULL;

  gst_rtsp_message_get_header (context->request, GST_RTSP_HDR_TRANSPORT, &transport, 0);
  return transport != NULL && strstr (transport, "multicast") != NULL;
}

static GstRTSPStatusCode
before_media (GstRTSPClient *client, GstRTSPContext *context, gpointer user_data)
{
  g_autoptr (GstRTSPMediaFactory) factory = mount_factory_for (context);
  Listeners *listeners = factory != NULL ? mount_factory_listeners (factory) : NULL;

  if (listeners == NULL)
    return GST_RTSP_STS_OK;
  if (client_socket_is_tls (client)) {
    refusal_set (client, GST_RTSP_STS_UNSUPPORTED_TRANSPORT,
                 "What is sent to a group is not encrypted: ask without TLS");
    return GST_RTSP_STS_UNSUPPORTED_TRANSPORT;
  }
  if (context->method == GST_RTSP_SETUP && !asks_for_multicast (context)) {
    refusal_set (client, GST_RTSP_STS_UNSUPPORTED_TRANSPORT, "This is sent to a group: ask for multicast");
    return GST_RTSP_STS_UNSUPPORTED_TRANSPORT;
  }
  return listeners_admit (listeners, client) ? GST_RTSP_STS_OK : GST_RTSP_STS_SERVICE_UNAVAILABLE;
}

static void
on_teardown (GstRTSPClient *client, GstRTSPContext *context, gpointer user_data)
{
  listeners_leave (client);
}

void
mount_clients_attend (GstRTSPClient *client)
{
  g_signal_connect (client, "pre-describe-request", G_CALLBACK (before_media), NULL);
  g_signal_connect (client, "pre-setup-request", G_CALLBACK (before_media), NULL);
  g_signal_connect (client, "play-request", G_CALLBACK (on_play), NULL);
  g_signal_connect (client, "teardown-request", G_CALLBACK (on_teardown), NULL);
}
