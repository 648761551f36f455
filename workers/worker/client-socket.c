#include "client-socket.h"

#include <unistd.h>

#define SOCKET "dslrs-socket"
#define ROUTER "dslrs-router"
#define TLS "dslrs-tls"

static void
close_router (gpointer data)
{
  close (GPOINTER_TO_INT (data));
}

void
client_socket_set (GstRTSPClient *client, GSocket *socket, Newcomer *newcomer)
{
  GObject *object = G_OBJECT (client);

  g_object_set_data_full (object, SOCKET, g_object_ref (socket), g_object_unref);
  g_object_set_data_full (object, ROUTER, GINT_TO_POINTER (newcomer->router), close_router);
  newcomer->router = -1;
  g_object_set_data (object, TLS, GINT_TO_POINTER (newcomer->tls));
}

void
client_socket_shut (GstRTSPClient *client)
{
  GSocket *socket = g_object_get_data (G_OBJECT (client), SOCKET);

  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

gboolean
client_socket_is_tls (GstRTSPClient *client)
{
  return GPOINTER_TO_INT (g_object_get_data (G_OBJECT (client), TLS));
}
