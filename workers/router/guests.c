#include "guests.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_ONCE 64
/* The same limit is told in the log so often. */
#define TELL_EVERY_US (60 * G_USEC_PER_SEC)

struct _Guest
{
  char *address;
  gboolean is_viewer;
  int connection; /* -1: still on its way */
};

struct _Guests
{
  GHashTable *all;       /* a set of Guest */
  GHashTable *addresses; /* address -> how many, as a pointer */
  guint viewers;
  int epoll; /* of the connections: a main loop that polls each of them would do so for each new client */
  guint watch;
  gint64 told_at[GUESTS_TOO_MANY_VIEWERS + 1];
};

static void
guest_free (gpointer data)
{
  Guest *guest = data;
  if (guest->connection >= 0)
    close (guest->connection);
  g_free (guest->address);
  g_free (guest);
}

static guint
count_from (const Guests *self, const char *address)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->addresses, address));
}

static void
set_count (Guests *self, const char *address, guint count)
{
  if (count == 0)
    g_hash_table_remove (self->addresses, address);
  else
    g_hash_table_insert (self->addresses, g_strdup (address), GUINT_TO_POINTER (count));
}

static gboolean
is_over (int connection)
{
  char bytes[64];
  ssize_t length = recv (connection, bytes, sizeof bytes, MSG_DONTWAIT);
  return length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
}

static gboolean
on_news (int epoll, GIOCondition condition, gpointer data)
{
  Guests *self = data;
  struct epoll_event events[AT_ONCE];
  int count = epoll_wait (epoll, events, AT_ONCE, 0);
  for (int i = 0; i < count; i++) {
    Guest *guest = events[i].data.ptr;
    if (is_over (guest->connection))
      guests_remove (self, guest);
  }
  return G_SOURCE_CONTINUE;
}

Guests *
guests_new (void)
{
  Guests *self = g_new0 (Guests, 1);
  self->all = g_hash_table_new_full (NULL, NULL, guest_free, NULL);
  self->addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->watch = g_unix_fd_add (self->epoll, G_IO_IN, on_news, self);
  return self;
}

void
guests_free (Guests *self)
{
  g_source_remove (self->watch);
  g_hash_table_unref (self->all);
  g_hash_table_unref (self->addresses);
  close (self->epoll);
  g_free (self);
}

static GuestsRoom
find_room (const Guests *self, const SpecLimits *limits, const char *address, gboolean is_viewer)
{
  if (is_viewer && self->viewers >= limits->viewers)
    return GUESTS_TOO_MANY_VIEWERS;
  if (g_hash_table_size (self->all) >= limits->connections)
    return GUESTS_TOO_MANY;
  return count_from (self, address) >= limits->connections_per_address ? GUESTS_TOO_MANY_FROM_ADDRESS : GUESTS_ROOM;
}

/* The latest address stands for all: a flood must not fill the log. */
static void
tell (Guests *self, GuestsRoom room, const SpecLimits *limits, const char *address)
{
  gint64 now = g_get_monotonic_time ();
  if (self->told_at[room] != 0 && now - self->told_at[room] < TELL_EVERY_US)
    return;
  self->told_at[room] = now;
  if (room == GUESTS_TOO_MANY_VIEWERS)
    g_printerr ("dslrs-router: %s is refused: rtsp.maxViewers is %u\n", address, limits->viewers);
  else if (room == GUESTS_TOO_MANY)
    g_printerr ("dslrs-router: %s is refused: rtsp.maxConnections is %u\n", address, limits->connections);
  else
    g_printerr ("dslrs-router: %s is refused: rtsp.maxConnectionsPerAddress is %u\n", address,
                limits->connections_per_address);
}

GuestsRoom
guests_room (Guests *self, const SpecLimits *limits, const char *address, gboolean is_viewer)
{
  GuestsRoom room = find_room (self, limits, address, is_viewer);
  if (room != GUESTS_ROOM)
    tell (self, room, limits, address);
  return room;
}

Guest *
guests_add (Guests *self, const char *address, gboolean is_viewer)
{
  Guest *guest = g_new0 (Guest, 1);
  guest->address = g_strdup (address);
  guest->is_viewer = is_viewer;
  guest->connection = -1;
  g_hash_table_add (self->all, guest);
  set_count (self, address, count_from (self, address) + 1);
  self->viewers += is_viewer ? 1 : 0;
  return guest;
}

void
guests_settle (Guests *self, Guest *guest, int connection)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = guest };
  guest->connection = connection;
  if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, connection, &event) < 0)
    guests_remove (self, guest);
}

void
guests_remove (Guests *self, Guest *guest)
{
  set_count (self, guest->address, count_from (self, guest->address) - 1);
  self->viewers -= guest->is_viewer ? 1 : 0;
  g_hash_table_remove (self->all, guest);
}

guint
guests_count (const Guests *self)
{
  return g_hash_table_size (self->all);
}

guint
guests_count_viewers (const Guests *self)
{
  return self->viewers;
}
