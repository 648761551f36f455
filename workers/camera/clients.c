#include "clients.h"
#include "relay.h"

#include <gio/gio.h>
#include <sys/socket.h>

#define CLIENT_MOUNT "dslrs-mount"
#define CLIENT_CONTEXT "dslrs-context"

typedef void (*Act) (GstRTSPClient *client, Camera *camera);

typedef struct
{
  Camera *camera;
  Mount *mount;
  Act act;
} Visit;

static GstRTSPFilterResult
visit (GstRTSPServer *server, GstRTSPClient *client, gpointer user_data)
{
  const Visit *self = user_data;

  if (self->mount == NULL || clients_mount_of (client) == self->mount)
    self->act (client, self->camera);
  return GST_RTSP_FILTER_KEEP;
}

static void
visit_all (Camera *camera, Mount *mount, Act act)
{
  Visit self = { .camera = camera, .mount = mount, .act = act };

  g_list_free (gst_rtsp_server_client_filter (camera->server, visit, &self));
}

/* A connect() to AF_UNSPEC dissolves a TCP connection at once, with a reset to the peer. The descriptor stays valid, so
 * the client's own thread finds the connection dead and cleans up. */
static void
dissolve (GSocket *socket)
{
  const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

  connect (g_socket_get_fd (socket), &nowhere, sizeof nowhere);
}

void
clients_reset_one (GstRTSPClient *client)
{
  GstRTSPConnection *connection = gst_rtsp_client_get_connection (client);

  if (connection == NULL || relay_reset (client))
    return;
  dissolve (gst_rtsp_connection_get_read_socket (connection));
  /* Another socket where RTSP is tunnelled through HTTP. */
  dissolve (gst_rtsp_connection_get_write_socket (connection));
}

static void
reset_visited (GstRTSPClient *client, Camera *camera)
{
  clients_reset_one (client);
}

void
clients_reset (Camera *camera, Mount *mount)
{
  visit_all (camera, mount, reset_visited);
}

/* The client's own thread finds the end of the stream, and cleans up. */
static void
end_visited (GstRTSPClient *client, Camera *camera)
{
  GstRTSPConnection *connection = gst_rtsp_client_get_connection (client);

  if (connection == NULL)
    return;
  shutdown (g_socket_get_fd (gst_rtsp_connection_get_read_socket (connection)), SHUT_RDWR);
  shutdown (g_socket_get_fd (gst_rtsp_connection_get_write_socket (connection)), SHUT_RDWR);
}

void
clients_close (Camera *camera, Mount *mount)
{
  visit_all (camera, mount, end_visited);
}

static gboolean
insert_relay (gpointer client)
{
  Mount *mount = clients_mount_of (client);

  if (mount != NULL && relay_is_needed (&mount->faults))
    relay_insert (client, &mount->faults);
  return G_SOURCE_REMOVE;
}

/* On the client's own thread, which alone does not close the connection meanwhile. One that asked for nothing yet gets
 * its relay with its first request. */
static void
spoil_visited (GstRTSPClient *client, Camera *camera)
{
  GMainContext *context = g_object_get_data (G_OBJECT (client), CLIENT_CONTEXT);

  relay_wake (client);
  if (context != NULL)
    g_main_context_invoke_full (context, G_PRIORITY_HIGH, insert_relay, g_object_ref (client), g_object_unref);
}

void
clients_spoil (Camera *camera, Mount *mount)
{
  visit_all (camera, mount, spoil_visited);
}

Mount *
clients_mount_of (GstRTSPClient *client)
{
  return g_object_get_data (G_OBJECT (client), CLIENT_MOUNT);
}

void
clients_set_mount (GstRTSPClient *client, Mount *mount)
{
  GSource *source = g_main_current_source ();

  g_object_set_data (G_OBJECT (client), CLIENT_MOUNT, mount);
  if (source != NULL && g_object_get_data (G_OBJECT (client), CLIENT_CONTEXT) == NULL)
    g_object_set_data_full (G_OBJECT (client), CLIENT_CONTEXT, g_main_context_ref (g_source_get_context (source)),
                            (GDestroyNotify)g_main_context_unref);
  relay_obey (client, &mount->faults);
  if (relay_is_needed (&mount->faults))
    relay_insert (client, &mount->faults);
}

/* The body is cut or replaced before its length is told, so that the answer as such is whole. */
static void
spoil_description (GstRTSPClient *client, GstRTSPContext *context, GstRTSPMessage *message)
{
  Mount *mount = clients_mount_of (client);
  SdpFault fault = mount != NULL ? g_atomic_int_get (&mount->faults.sdp) : SDP_WHOLE;
  guint8 *body = NULL;
  guint length = 0;

  if (fault == SDP_WHOLE || context->method != GST_RTSP_DESCRIBE
      || gst_rtsp_message_get_type (message) != GST_RTSP_MESSAGE_RESPONSE)
    return;
  gst_rtsp_message_get_body (message, &body, &length);
  if (length == 0)
    return;
  if (fault == SDP_TRUNCATED) {
    g_autofree guint8 *half = g_memdup2 (body, length / 2);

    gst_rtsp_message_set_body (message, half, length / 2);
  } else {
    const char bad[] = "<html>Nothing to describe</html>\r\nm=video\r\na=rtpmap:x\r\n";

    gst_rtsp_message_set_body (message, (const guint8 *)bad, sizeof bad - 1);
  }
}

static void
welcome (GstRTSPServer *server, GstRTSPClient *client, Camera *camera)
{
  g_signal_connect (client, "send-message", G_CALLBACK (spoil_description), NULL);
  if (relay_is_needed (&camera->faults))
    relay_insert (client, &camera->faults);
}

void
clients_watch (Camera *camera)
{
  g_signal_connect (camera->server, "client-connected", G_CALLBACK (welcome), camera);
}
