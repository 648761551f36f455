#include "relay.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENT_RELAY "dslrs-relay"
#define CHUNK (64 * 1024)
#define GARBAGE_BYTES 200
#define GARBAGE_EVERY_US (100 * 1000)
#define DRIP_EVERY_MS 50

typedef struct
{
  int references;
  Faults *faults;      /* atomic */
  int reset;           /* atomic */
  int wakeup;          /* eventfd */
  int network;         /* the connection */
  int server;          /* to the RTSP server */
  GByteArray *outward; /* read from the server and not yet written */
  GByteArray *inward;
  gboolean server_ended;
  gboolean cut_short;   /* what is in `outward` is the last */
  gboolean amid_packet; /* what comes next from the server may continue a packet */
  gint64 garbage_at;
  gint64 dripped_at;
} Relay;

static void
relay_unref (Relay *self)
{
  if (!g_atomic_int_dec_and_test (&self->references))
    return;
  close (self->wakeup);
  g_byte_array_unref (self->outward);
  g_byte_array_unref (self->inward);
  g_free (self);
}

static Faults *
faults_of (Relay *self)
{
  return g_atomic_pointer_get (&self->faults);
}

/* FALSE at the end of the stream. */
static gboolean
fill (int fd, GByteArray *bytes)
{
  guint before = bytes->len;
  ssize_t length;

  g_byte_array_set_size (bytes, before + CHUNK);
  length = recv (fd, bytes->data + before, CHUNK, MSG_DONTWAIT);
  g_byte_array_set_size (bytes, before + (guint)MAX (length, 0));
  return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

/* FALSE if the connection is broken. */
static gboolean
drain (int fd, GByteArray *bytes, gsize most)
{
  ssize_t length = send (fd, bytes->data, MIN (bytes->len, most), MSG_DONTWAIT | MSG_NOSIGNAL);

  if (length > 0)
    g_byte_array_remove_range (bytes, 0, (guint)length);
  return length >= 0 || errno == EAGAIN || errno == EINTR;
}

static void
add_garbage (Relay *self)
{
  gint64 now = g_get_monotonic_time ();

  if (!g_atomic_int_get (&faults_of (self)->garbage) || now < self->garbage_at)
    return;
  self->garbage_at = now + GARBAGE_EVERY_US;
  for (guint i = 0; i < GARBAGE_BYTES; i++) {
    guint8 byte = (guint8)g_random_int_range (0, 256);

    g_byte_array_append (self->outward, &byte, 1);
  }
}

/* A frame of RTP or RTCP (RFC 2326, 10.12), which the server's writes begin with. */
static void
cut_packet (Relay *self, guint begin)
{
  const guint8 *packet = self->outward->data + begin;
  guint length = self->outward->len - begin;

  if (!g_atomic_int_get (&faults_of (self)->half_packet) || self->amid_packet || length < 5 || packet[0] != '$'
      || packet[4] >> 6 != 2)
    return;
  length = MIN (length - 1, 4 + (guint)(packet[2] << 8 | packet[3]) / 2);
  g_byte_array_set_size (self->outward, begin + length);
  self->cut_short = TRUE;
}

static void
read_server (Relay *self)
{
  guint begin;

  add_garbage (self);
  begin = self->outward->len;
  self->server_ended = !fill (self->server, self->outward);
  cut_packet (self, begin);
  self->amid_packet = self->outward->len - begin == CHUNK;
}

/* How many bytes may go out now. */
static gsize
allowance (Relay *self, int bytes_per_second)
{
  gint64 now = g_get_monotonic_time ();
  gint64 allowed;

  if (bytes_per_second == 0)
    return G_MAXSIZE;
  allowed = MIN (now - self->dripped_at, G_USEC_PER_SEC) * bytes_per_second / G_USEC_PER_SEC;
  if (allowed > 0)
    self->dripped_at = now;
  return (gsize)allowed;
}

static gboolean
write_network (Relay *self)
{
  gsize most = allowance (self, g_atomic_int_get (&faults_of (self)->bytes_per_second));

  return most == 0 || drain (self->network, self->outward, most);
}

/* Waits for something to do, and does it. FALSE at the end. */
static gboolean
turn (Relay *self)
{
  gboolean muted = g_atomic_int_get (&faults_of (self)->muted);
  gboolean drips = g_atomic_int_get (&faults_of (self)->bytes_per_second) > 0 && self->outward->len > 0;
  gboolean writes = !muted && !drips && self->outward->len > 0;
  gboolean last = self->server_ended || self->cut_short;
  struct pollfd fds[] = {
    { self->wakeup, POLLIN, 0 },
    { self->network,
      (short)((writes ? POLLOUT : 0) | (!muted && self->inward->len == 0 ? POLLIN : 0) | (muted ? POLLRDHUP : 0)), 0 },
    { last ? -1 : self->server,
      (short)((!muted && self->outward->len == 0 ? POLLIN : 0) | (self->inward->len > 0 ? POLLOUT : 0)), 0 },
  };
  guint64 wakeups;

  if (!muted && last && self->outward->len == 0)
    return FALSE;
  poll (fds, G_N_ELEMENTS (fds), drips && !muted ? DRIP_EVERY_MS : -1);
  if (fds[0].revents != 0 && read (self->wakeup, &wakeups, sizeof wakeups) > 0)
    return !g_atomic_int_get (&self->reset);
  if (fds[1].revents & (POLLERR | POLLRDHUP))
    return FALSE;
  if (fds[1].revents & (POLLIN | POLLHUP) && !fill (self->network, self->inward))
    return FALSE;
  if (fds[2].revents & POLLOUT && !drain (self->server, self->inward, G_MAXSIZE))
    return FALSE;
  if (fds[2].revents & (POLLIN | POLLHUP | POLLERR))
    read_server (self);
  return muted || self->outward->len == 0 || write_network (self);
}

static gpointer
run (gpointer user_data)
{
  Relay *self = user_data;
  const struct linger at_once = { .l_onoff = 1 };

  while (turn (self))
    ;
  if (g_atomic_int_get (&self->reset))
    setsockopt (self->network, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (self->network);
  close (self->server);
  relay_unref (self);
  return NULL;
}

/* Two ends of a connection over the loopback: the server asks its sockets for addresses and ports, which a socketpair()
 * has not. */
static gboolean
make_pair (int pair[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct sockaddr *any = (struct sockaddr *)&address;
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  pair[0] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  pair[1] = -1;
  if (bind (listener, any, length) == 0 && listen (listener, 1) == 0 && getsockname (listener, any, &length) == 0
      && connect (pair[0], any, length) == 0)
    pair[1] = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  close (listener);
  if (pair[1] < 0 || fcntl (pair[0], F_SETFL, O_NONBLOCK) < 0) {
    close (pair[0]);
    return FALSE;
  }
  for (guint i = 0; i < 2; i++)
    setsockopt (pair[i], IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  return TRUE;
}

/* Puts the pair between the server's descriptor and the connection. */
static gboolean
interpose (int fd, int *network, int *server)
{
  int pair[2];

  if (!make_pair (pair))
    return FALSE;
  *network = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (*network >= 0)
    dup3 (pair[0], fd, O_CLOEXEC);
  close (pair[0]);
  if (*network < 0)
    close (pair[1]);
  *server = pair[1];
  return *network >= 0;
}

static Relay *
relay_of (GstRTSPClient *client)
{
  return g_object_get_data (G_OBJECT (client), CLIENT_RELAY);
}

gboolean
relay_is_needed (Faults *faults)
{
  return g_atomic_int_get (&faults->muted) || g_atomic_int_get (&faults->garbage)
         || g_atomic_int_get (&faults->half_packet) || g_atomic_int_get (&faults->bytes_per_second) > 0;
}

void
relay_insert (GstRTSPClient *client, Faults *faults)
{
  GstRTSPConnection *connection = gst_rtsp_client_get_connection (client);
  int network, server;
  Relay *self;

  if (connection == NULL || relay_of (client) != NULL)
    return;
  if (!interpose (g_socket_get_fd (gst_rtsp_connection_get_read_socket (connection)), &network, &server))
    return;
  self = g_new0 (Relay, 1);
  self->references = 2; /* the thread's and the client's */
  self->faults = faults;
  self->network = network;
  self->server = server;
  self->wakeup = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->outward = g_byte_array_new ();
  self->inward = g_byte_array_new ();
  self->dripped_at = g_get_monotonic_time ();
  g_object_set_data_full (G_OBJECT (client), CLIENT_RELAY, self, (GDestroyNotify)relay_unref);
  g_thread_unref (g_thread_new ("relay", run, self));
}

static void
wake (Relay *self)
{
  const guint64 one = 1;

  if (write (self->wakeup, &one, sizeof one) < 0)
    return; /* it is awake */
}

void
relay_obey (GstRTSPClient *client, Faults *faults)
{
  Relay *self = relay_of (client);

  if (self == NULL)
    return;
  g_atomic_pointer_set (&self->faults, faults);
  wake (self);
}

void
relay_wake (GstRTSPClient *client)
{
  Relay *self = relay_of (client);

  if (self != NULL)
    wake (self);
}

gboolean
relay_reset (GstRTSPClient *client)
{
  Relay *self = relay_of (client);

  if (self == NULL)
    return FALSE;
  g_atomic_int_set (&self->reset, TRUE);
  wake (self);
  return TRUE;
}
