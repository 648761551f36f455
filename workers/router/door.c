#include "door.h"

#include "client.h"
#include "tls.h"

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
  Keeper *keeper;
  GPtrArray *listeners; /* Listener */
  GArray *watches;      /* source ids, while accepting */
  guint pause;          /* source id; 0: not pausing */
  gboolean exhausted;   /* as told in the log */
  GPtrArray *clients;   /* Client */
  ClientContext context;
  Tls *tls;
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

/* The half-open clients, all and of one address, as far as they speak TLS or not; `oldest` is the oldest of the latter,
 * or of all, or NULL. */
typedef struct
{
  guint all, here;
  Client *oldest, *oldest_here;
} HalfOpen;

static Client *
older (Client *one, Client *other)
{
  return one == NULL || client_get_number (other) < client_get_number (one) ? other : one;
}

static HalfOpen
look_around (const Door *self, const ClientAddress *address)
{
  HalfOpen found = { 0 };
  for (guint i = 0; i < self->clients->len; i++) {
    Client *client = self->clients->pdata[i];
    const ClientAddress *its = client_get_address (client);
    if (!client_is_half_open (client) || its->tls != address->tls)
      continue;
    found.all++;
    found.oldest = older (found.oldest, client);
    if (strcmp (its->text, address->text) != 0)
      continue;
    found.here++;
    found.oldest_here = older (found.oldest_here, client);
  }
  return found;
}

/* Gives up a client that has still not said what it wants. */
static void
give_up (Door *self, Client *client)
{
  self->stats.refused++;
  g_ptr_array_remove_fast (self->clients, client);
}

/* Who says what it wants is gone in no time, so the oldest half-open client is the least likely to be an honest one:
 * it makes room. Of TLS newcomers of an address that has its share are refused, for each has cost a process. */
static gboolean
make_room_for (Door *self, const ClientAddress *address)
{
  HalfOpen found = look_around (self, address);
  if (address->tls) {
    if (found.here >= DOOR_MAX_HALF_OPEN_TLS_PER_ADDRESS)
      return FALSE;
    if (found.all >= DOOR_MAX_HALF_OPEN_TLS)
      give_up (self, found.oldest);
    return TRUE;
  }
  if (found.here >= DOOR_MAX_HALF_OPEN_PER_ADDRESS)
    give_up (self, found.oldest_here);
  else if (self->clients->len >= DOOR_MAX_CLIENTS && found.oldest != NULL)
    give_up (self, found.oldest);
  return self->clients->len < DOOR_MAX_CLIENTS;
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

/* The socket to go on with: (transfer full), or -1. `fd`: (transfer full). */
static int
open_up (Door *self, int fd, const ClientAddress *address)
{
  const Spec *spec = routes_get_spec (self->context.routes);
  if (!spec_admits (spec, address->text) || !make_room_for (self, address)) {
    close (fd);
    return -1;
  }
  if (!address->tls)
    return fd;
  int plain = tls_start (self->tls, fd, spec->limits.connections);
  if (plain < 0 && !self->exhausted)
    g_printerr ("dslrs-router: cannot start a process for TLS: %s\n", g_strerror (errno));
  self->exhausted = plain < 0;
  return plain;
}

static void
admit (Door *self, int fd, const struct sockaddr_storage *peer, gboolean tls)
{
  ClientAddress address = describe (peer);
  address.tls = tls;
  self->stats.accepted++;
  fd = open_up (self, fd, &address);
  if (fd < 0) {
    self->stats.refused++;
    return;
  }
  Client *client = client_new (fd, &address, &self->context, on_client_ended, self);
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
  if (self->pause != 0)
    g_source_remove (self->pause);
  self->pause = 0;
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

/* Takes in up to `most` of those that wait. Returns 0, or why none can be taken in for now. */
static int
take_in (Door *self, const Listener *listener, guint most)
{
  for (guint i = 0; i < most; i++) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4 (listener->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      self->exhausted = FALSE;
      admit (self, fd, &peer, listener->tls);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return errno;
    } /* else that client is gone already; the next may be fine */
  }
  return 0;
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer data)
{
  Door *self = data;
  for (guint i = 0; i < self->listeners->len; i++) {
    const Listener *listener = self->listeners->pdata[i];
    int cause = listener->fd == fd ? take_in (self, listener, ACCEPT_AT_ONCE) : 0;
    if (cause != 0) {
      pause_accepting (self, cause);
      break;
    }
  }
  return G_SOURCE_CONTINUE; /* end_accepting() removed the source if need be */
}

static void
begin_accepting (Door *self)
{
  for (guint i = 0; i < self->listeners->len; i++) {
    const Listener *listener = self->listeners->pdata[i];
    guint watch = g_unix_fd_add (listener->fd, G_IO_IN, on_connection, self);
    g_array_append_val (self->watches, watch);
  }
}

Door *
door_new (const DoorParts *parts)
{
  Door *self = g_new0 (Door, 1);
  self->keeper = parts->keeper;
  self->listeners = listeners_from_kept (keeper_get_kept (parts->keeper));
  self->context.routes = parts->routes;
  self->context.guests = guests_new ();
  self->tls = tls_new (parts->tls_program);
  self->watches = g_array_new (FALSE, FALSE, sizeof (guint));
  self->clients = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);
  begin_accepting (self);
  return self;
}

void
door_free (Door *self)
{
  end_accepting (self);
  g_array_unref (self->watches);
  g_ptr_array_unref (self->clients);
  guests_free (self->context.guests);
  tls_free (self->tls);
  g_ptr_array_unref (self->listeners);
  g_free (self);
}

/* Who had connected before the address was given up is served. */
static void
on_last (Listener *listener, gpointer data)
{
  take_in (data, listener, G_MAXUINT);
}

ListenersResult
door_listen (Door *self, char **problem)
{
  Kept kept = { 0 };
  end_accepting (self);
  ListenersResult result
      = listeners_change (self->listeners, routes_get_spec (self->context.routes), on_last, self, problem);
  listeners_to_kept (self->listeners, &kept);
  keeper_keep (self->keeper, &kept);
  begin_accepting (self);
  for (guint i = 0; i < self->listeners->len; i++) {
    if (((Listener *)self->listeners->pdata[i])->tls)
      tls_prepare (self->tls);
  }
  return result;
}

GPtrArray *
door_get_listeners (const Door *self)
{
  return self->listeners;
}

DoorStats
door_get_stats (const Door *self)
{
  DoorStats stats = self->stats;
  stats.pending = self->clients->len;
  stats.connections = guests_count (self->context.guests);
  stats.viewers = guests_count_viewers (self->context.guests);
  return stats;
}
