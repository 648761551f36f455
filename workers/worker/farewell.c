#include "farewell.h"
#include "client-socket.h"

/* A client that understands the BYE says good-bye itself, and takes a closed connection for an error. */
#define MOMENT_MS 500

static gboolean
close_all (gpointer user_data)
{
  GPtrArray *clients = user_data;

  for (guint i = 0; i < clients->len; i++)
    client_socket_shut (g_ptr_array_index (clients, i));
  return G_SOURCE_REMOVE;
}

void
farewell_close_soon (GPtrArray *clients)
{
  if (clients->len == 0)
    g_ptr_array_unref (clients);
  else
    g_timeout_add_full (G_PRIORITY_DEFAULT, MOMENT_MS, close_all, clients, (GDestroyNotify)g_ptr_array_unref);
}
