#include "relay.h"
#include "interleaved.h"
#include "report.h"
#include "rtsp-address.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)
/* Of the first track that is set up, as clients number them. */
#define VIDEO_CHANNEL 0

typedef struct _Pair Pair;

/* One direction: what can be read from `from` goes to the other end. */
typedef struct
{
  Watcher watcher;
  Pair *pair;
  int from;
} End;

/* Both sockets block: what was read is on its way before anything else is done. */
struct _Pair
{
  End client;
  End camera;
  gboolean over;
  GByteArray *received; /* from the camera, not yet whole */
  RtpCount video;
};

struct _Relay
{
  Watcher watcher;
  char *name;
  int epoll;
  int listener;
  struct sockaddr_in camera;
  GPtrArray *pairs; /* Pair */
};

static void
note_packets (Pair *self, const guint8 *data, gsize size, gint64 now_us)
{
  InterleavedItem item;
  gsize at = 0, taken;

  g_byte_array_append (self->received, data, (guint)size);
  while ((taken = interleaved_take (self->received->data + at, self->received->len - at, &item)) > 0) {
    if (item.channel == VIDEO_CHANNEL)
      rtp_count_packet (&self->video, item.data, item.size, now_us);
    at += taken;
  }
  g_byte_array_remove_range (self->received, 0, (guint)at);
}

static void
end (Pair *self)
{
  self->over = TRUE;
  close (self->client.from);
  close (self->camera.from);
}

static gboolean
send_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0) {
    ssize_t n_sent = send (fd, data, size, MSG_NOSIGNAL);

    if (n_sent < 0)
      return FALSE;
    data += n_sent;
    size -= (gsize)n_sent;
  }
  return TRUE;
}

static void
on_data (gpointer watcher, guint32 events, gint64 now_us)
{
  static guint8 data[READ_BYTES];
  End *self = watcher;
  Pair *pair = self->pair;

  if (pair->over)
    return;
  gboolean from_camera = self == &pair->camera;
  ssize_t n_read = recv (self->from, data, sizeof data, 0);
  if (n_read > 0 && from_camera)
    note_packets (pair, data, (gsize)n_read, now_us);
  if (n_read <= 0 || !send_all (from_camera ? pair->client.from : pair->camera.from, data, (gsize)n_read))
    end (pair);
}

static void
watch (int epoll, int fd, gpointer watcher)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = watcher };

  epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event);
}

static void
on_client (gpointer watcher, guint32 events, gint64 now_us)
{
  Relay *self = watcher;
  int client = accept4 (self->listener, NULL, NULL, SOCK_CLOEXEC);
  int camera = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (client < 0 || camera < 0)
    return;
  if (connect (camera, (struct sockaddr *)&self->camera, sizeof self->camera) < 0) {
    close (client);
    close (camera);
    return;
  }
  Pair *pair = g_new0 (Pair, 1);
  pair->client = (End){ { on_data }, pair, client };
  pair->camera = (End){ { on_data }, pair, camera };
  pair->received = g_byte_array_new ();
  rtp_count_init (&pair->video, TRUE);
  g_ptr_array_add (self->pairs, pair);
  watch (self->epoll, client, &pair->client);
  watch (self->epoll, camera, &pair->camera);
}

static void
pair_free (gpointer data)
{
  Pair *self = data;

  if (!self->over)
    end (self);
  g_byte_array_unref (self->received);
  rtp_count_clear (&self->video);
  g_free (self);
}

void
relay_free (Relay *self)
{
  g_ptr_array_unref (self->pairs);
  close (self->listener);
  g_free (self->name);
  g_free (self);
}

Relay *
relay_new (const char *name, const char *url, int epoll, GError **error)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct sockaddr_in camera;

  if (!rtsp_address (url, &camera)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no camera is \"%s\"", url);
    return NULL;
  }
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind (listener, (struct sockaddr *)&here, sizeof here) < 0 || listen (listener, SOMAXCONN) < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot listen: %s", g_strerror (errno));
    close (listener);
    return NULL;
  }
  Relay *self = g_new0 (Relay, 1);
  self->watcher.event = on_client;
  self->name = g_strdup (name);
  self->epoll = epoll;
  self->listener = listener;
  self->camera = camera;
  self->pairs = g_ptr_array_new_with_free_func (pair_free);
  watch (epoll, listener, self);
  return self;
}

guint16
relay_port (const Relay *self)
{
  struct sockaddr_in address;
  socklen_t length = sizeof address;

  getsockname (self->listener, (struct sockaddr *)&address, &length);
  return ntohs (address.sin_port);
}

JsonNode *
relay_report (const Relay *self)
{
  JsonBuilder *builder = report_begin (self->name, NULL);

  for (guint i = 0; i < self->pairs->len; i++) {
    const Pair *pair = g_ptr_array_index (self->pairs, i);
    const ViewerReport report = { .playing = !pair->over, .video = &pair->video, .visits = 1 };

    report_viewer (builder, &report);
  }
  return report_end (builder);
}
