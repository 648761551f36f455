#include "door.h"

#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Between two looks at everything else. */
#define ACCEPT_AT_ONCE 16
/* Out of descriptors or memory: clients wait in the backlog so long. */
#define PAUSE_MS 100

struct _Door
{
  GArray *listeners;
  Routes *routes;
  GArray *watches;    /* source ids, while accepting */
  guint pause;        /* source id; 0: not pausing */
  gboolean exhausted; /* as told in the log */
  GPtrArray *clients;
  DoorStats stats;
};

static void
on_client_ended (Client *client, ClientEnd end, gpointer data)
{
  Door *self = data;
  if (end == CLIENT_HANDED_OVER)
    self->stats.handed_over++;
  else
    self->stats.refused++;
  g_ptr_array_remove_fast (self->clients, client);
}

static gboolean
has_room_for (const Door *self, const ClientAddress *address)
{
  guint half_open = 0;
  for (guint i = 0; i < self->clients->len; i++) {
    const Client *client = self->clients->pdata[i];
    if (client_is_half_open (client) && strcmp (client_get_address (client)->text, address->text) == 0)
      half_open++;
  }
  return self->clients->len < DOOR_MAX_CLIENTS && half_open < DOOR_MAX_HALF_OPEN_PER_ADDRESS;
}

static ClientAddress
describe (const struct sockaddr_storage *peer)
{
  ClientAddress address = { 0 };
  if (peer->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
    inet_ntop (AF_INET, &v4->sin_addr, address.text, sizeof address.text);
    address.port = ntohs (v4->sin_port);
    return address;
  }
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
  address.port = ntohs (v6->sin6_port);
  /* A socket on [::] takes IPv4 clients too. */
  if (IN6_IS_ADDR_V4MAPPED (&v6->sin6_addr))
    inet_ntop (AF_INET, &v6->sin6_addr.s6_addr[12], address.text, sizeof address.text);
  else
    inet_ntop (AF_INET6, &v6->sin6_addr, address.text, sizeof address.text);
  return address;
}

static void
admit (Door *self, int fd, const struct sockaddr_storage *peer)
{
  ClientAddress address = describe (peer);
  self->stats.accepted++;
  if (!has_room_for (self, &address)) {
    self->stats.refused++;
    close (fd);
    return;
  }
  Client *client = client_new (fd, &address, self->routes, on_client_ended, self);
  g_ptr_array_add (self->clients, client);
  client_start (client);
}

static void begin_accepting (Door *self);

static gboolean
on_pause_over (gpointer data)
{
  Door *self = data;
  self->pause = 0;
  begin_accepting (self);
  return G_SOURCE_REMOVE;
}

static void
end_accepting (Door *self)
{
  for (guint i = 0; i < self->watches->len; i++)
    g_source_remove (g_array_index (self->watches, guint, i));
  g_array_set_size (self->watches, 0);
}

static void
pause_accepting (Door *self, int cause)
{
  if (!self->exhausted)
    g_printerr ("dslrs-router: clients have to wait: %s\n", g_strerror (cause));
  self->exhausted = TRUE;
  end_accepting (self);
  self->pause = g_timeout_add (PAUSE_MS, on_pause_over, self);
}

static gboolean
on_connection (int listener, GIOCondition condition, gpointer data)
{
  Door *self = data;
  for (guint i = 0; i < ACCEPT_AT_ONCE; i++) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4 (listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      self->exhausted = FALSE;
      admit (self, fd, &peer);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause_accepting (self, errno);
      break;
    } /* else that client is gone already; the next may be fine */
  }
  return G_SOURCE_CONTINUE; /* end_accepting() removed the source if need be */
}

static void
begin_accepting (Door *self)
{
  for (guint i = 0; i < self->listeners->len; i++) {
    guint watch = g_unix_fd_add (g_array_index (self->listeners, int, i), G_IO_IN, on_connection, self);
    g_array_append_val (self->watches, watch);
  }
}

Door *
door_new (GArray *listeners, Routes *routes)
{
  Door *self = g_new0 (Door, 1);
  self->listeners = listeners;
  self->routes = routes;
  self->watches = g_array_new (FALSE, FALSE, sizeof (guint));
  self->clients = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);
  begin_accepting (self);
  return self;
}

void
door_free (Door *self)
{
  end_accepting (self);
  if (self->pause != 0)
    g_source_remove (self->pause);
  g_array_unref (self->watches);
  g_ptr_array_unref (self->clients);
  g_free (self);
}

DoorStats
door_get_stats (const Door *self)
{
  DoorStats stats = self->stats;
  stats.pending = self->clients->len;
  return stats;
}
