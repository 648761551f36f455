#include "client-socket.h"

#define SOCKET "dslrs-socket"

void
client_socket_set (GstRTSPClient *client, GSocket *socket)
{
  g_object_set_data_full (G_OBJECT (client), SOCKET, g_object_ref (socket), g_object_unref);
}

void
client_socket_shut (GstRTSPClient *client)
{
  GSocket *socket = g_object_get_data (G_OBJECT (client), SOCKET);

  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}
