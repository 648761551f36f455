#include "rtsp-service.h"
#include "client-socket.h"
#include "descriptors.h"
#include "first-report.h"
#include "gatekeeper.h"
#include "intake.h"
#include "mount-clients.h"
#include "refusal.h"
#include "waiting-room.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define MAX_CLIENTS 256
/* Left to itself the kernel takes megabytes for a slow client, which then sees what was seconds ago, and nobody here
 * knows. */
#define UNSENT_BYTES (128 * 1024)
#define MAX_BODY (128 * 1024)
#define HOUSEKEEPING_S 5
/* A connection without a session is closed after that, as gst-rtsp-server does with a session without a sign of life.
 */
#define IDLE_US (60 * G_USEC_PER_SEC)

#define CONNECTED_AT "dslrs-connected-at"

struct _RtspService
{
  OutputContext *context;
  guint users;
  GstRTSPServer *server;
  GstRTSPMountPoints *mounts;
  GHashTable *paths; /* a set */
  Gatekeeper *keeper;
  Newcomer *arriving; /* is being taken in, on `arriving_socket` */
  GSocket *arriving_socket;
  Intake *intake;
  WaitingRoom *waiting_room;
  guint showing_stills; /* outputs */
  guint housekeeping;
};

static gboolean
has_session (GstRTSPClient *client)
{
  GList *sessions = gst_rtsp_client_session_filter (client, NULL, NULL);
  gboolean has = sessions != NULL;

  g_list_free_full (sessions, g_object_unref);
  return has;
}

static GstRTSPFilterResult
shut_if_idle (GstRTSPServer *server, GstRTSPClient *client, gpointer user_data)
{
  const gint64 *connected_us = g_object_get_data (G_OBJECT (client), CONNECTED_AT);

  if (g_get_monotonic_time () - *connected_us > IDLE_US && !has_session (client))
    client_socket_shut (client);
  return GST_RTSP_FILTER_KEEP;
}

static GstRTSPFilterResult
clean_up_sessions (GstRTSPServer *server, GstRTSPClient *client, gpointer user_data)
{
  g_autoptr (GstRTSPSessionPool) sessions = gst_rtsp_client_get_session_pool (client);

  gst_rtsp_session_pool_cleanup (sessions);
  return GST_RTSP_FILTER_KEEP;
}

static gboolean
keep_house (gpointer user_data)
{
  RtspService *self = user_data;

  gst_rtsp_server_client_filter (self->server, clean_up_sessions, NULL);
  gst_rtsp_server_client_filter (self->server, shut_if_idle, NULL);
  return G_SOURCE_CONTINUE;
}

static void
on_client_connected (GstRTSPServer *server, GstRTSPClient *client, gpointer user_data)
{
  RtspService *self = user_data;
  gint64 *connected_us = g_new (gint64, 1);
  /* Sessions are a connection's own. In a pool for all, whoever has read the number of one could end it. */
  g_autoptr (GstRTSPSessionPool) sessions = gst_rtsp_session_pool_new ();

  *connected_us = g_get_monotonic_time ();
  g_object_set_data_full (G_OBJECT (client), CONNECTED_AT, connected_us, g_free);
  client_socket_set (client, self->arriving_socket, self->arriving);
  gst_rtsp_client_set_session_pool (client, sessions);
  gatekeeper_attend (client, self->arriving->tls);
  refusal_watch (client);
  mount_clients_attend (client);
  first_report_attend (client);
}

static guint
count_clients (RtspService *self)
{
  GList *clients = gst_rtsp_server_client_filter (self->server, NULL, NULL);
  guint count = g_list_length (clients);

  g_list_free_full (clients, g_object_unref);
  return count;
}

static void
on_ready (Newcomer *arriving, gpointer user_data)
{
  RtspService *self = user_data;
  g_autoptr (Newcomer) newcomer = arriving;
  int unsent = UNSENT_BYTES;
  int on = 1;

  if (count_clients (self) >= MAX_CLIENTS) {
    newcomer_turn_away (g_steal_pointer (&newcomer), "There are too many viewers");
    return;
  }
  if (descriptors_are_scarce (newcomer->fd)) {
    newcomer_turn_away (g_steal_pointer (&newcomer),
                        "There are too many viewers for the open files that this process may have");
    return;
  }
  /* An answer of two small writes must not wait for the first one's acknowledgement. */
  setsockopt (newcomer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (newcomer->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  GSocket *socket = g_socket_new_from_fd (newcomer->fd, NULL);
  if (socket == NULL) {
    newcomer_turn_away (g_steal_pointer (&newcomer), "This is not a socket");
    return;
  }
  newcomer->fd = -1;
  self->arriving = newcomer;
  self->arriving_socket = socket;
  gst_rtsp_server_transfer_connection (self->server, socket, newcomer->address, newcomer->port, NULL);
  self->arriving = NULL;
  self->arriving_socket = NULL;
}

static void
on_taken (Newcomer *newcomer, gpointer user_data)
{
  waiting_room_enter (((RtspService *)user_data)->waiting_room, newcomer);
}

static GstRTSPServer *
make_server (RtspService *self)
{
  GstRTSPServer *server = gst_rtsp_server_new ();
  g_autoptr (GstRTSPThreadPool) threads = gst_rtsp_server_get_thread_pool (server);

  /* A thread a client: a media that does not get ready holds up only its own. */
  gst_rtsp_thread_pool_set_max_threads (threads, -1);
  gst_rtsp_server_set_content_length_limit (server, MAX_BODY);
  gst_rtsp_server_set_mount_points (server, self->mounts);
  gst_rtsp_server_set_auth (server, GST_RTSP_AUTH (self->keeper));
  g_signal_connect (server, "client-connected", G_CALLBACK (on_client_connected), self);
  return server;
}

static RtspService *
rtsp_service_new (OutputContext *context, GError **error)
{
  RtspService *self = g_new0 (RtspService, 1);

  self->intake = intake_new (on_taken, self, error);
  if (self->intake == NULL) {
    g_free (self);
    return NULL;
  }
  self->context = context;
  self->mounts = gst_rtsp_mount_points_new ();
  self->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->keeper = gatekeeper_new (context->reporter);
  self->server = make_server (self);
  self->waiting_room = waiting_room_new (context->hub, on_ready, self);
  self->housekeeping = g_timeout_add_seconds (HOUSEKEEPING_S, keep_house, self);
  return self;
}

RtspService *
rtsp_service_acquire (OutputContext *context, GError **error)
{
  if (context->rtsp_service == NULL)
    context->rtsp_service = rtsp_service_new (context, error);
  if (context->rtsp_service != NULL)
    context->rtsp_service->users++;
  return context->rtsp_service;
}

static GstRTSPFilterResult
shut (GstRTSPServer *server, GstRTSPClient *client, gpointer user_data)
{
  client_socket_shut (client);
  return GST_RTSP_FILTER_KEEP;
}

void
rtsp_service_release (RtspService *self)
{
  if (--self->users > 0)
    return;
  self->context->rtsp_service = NULL;
  g_source_remove (self->housekeeping);
  intake_free (self->intake);
  waiting_room_free (self->waiting_room);
  gatekeeper_silence (self->keeper);
  gst_rtsp_server_client_filter (self->server, shut, NULL);
  g_hash_table_unref (self->paths);
  g_object_unref (self->mounts);
  g_object_unref (self->keeper);
  g_object_unref (self->server);
  g_free (self);
}

gboolean
rtsp_service_mount (RtspService *self, const char *path, GstRTSPMediaFactory *factory)
{
  if (!g_hash_table_add (self->paths, g_strdup (path))) {
    g_object_unref (factory);
    return FALSE;
  }
  gst_rtsp_mount_points_add_factory (self->mounts, path, factory);
  return TRUE;
}

void
rtsp_service_unmount (RtspService *self, const char *path)
{
  if (g_hash_table_remove (self->paths, path))
    gst_rtsp_mount_points_remove_factory (self->mounts, path);
}

void
rtsp_service_count_guess (RtspService *self, const char *address)
{
  gatekeeper_count_guess (self->keeper, address);
}

void
rtsp_service_note_stills (RtspService *self, gboolean shown)
{
  self->showing_stills += shown ? 1 : -1;
  waiting_room_set_stills (self->waiting_room, self->showing_stills > 0);
}
