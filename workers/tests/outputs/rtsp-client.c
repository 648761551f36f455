#include "rtsp-client.h"
#include "fdpass.h"
#include "reports.h"
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RTP_HEADER 12
#define RTCP_BYE 203
/* Of RFC 6184: the type of a NAL unit, or of the packet that carries fragments of one. */
#define H264_SPS 7
#define H264_PPS 8

static guint
read_16 (const guint8 *data)
{
  return (guint)data[0] << 8 | data[1];
}

/* The two ends of a TCP connection over the loopback. */
static void
connect_pair (int ends[2])
{
  int listener = socket (AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  g_assert_cmpint (bind (listener, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *)&address, &length), ==, 0);
  ends[0] = rig_connect (ntohs (address.sin_port));
  ends[1] = accept (listener, NULL, NULL);
  g_assert_cmpint (ends[1], >=, 0);
  close (listener);
}

Client *
client_new (const char *directory)
{
  int router;
  Client *self = client_new_with (directory, "{\"address\":\"192.0.2.7\",\"port\":50312}", &router);

  close (router);
  return self;
}

Client *
client_new_with (const char *directory, const char *line, int *router)
{
  Client *self = g_new0 (Client, 1);
  int ends[2];

  *router = rig_connect_unix (directory, "rtsp.sock");

  connect_pair (ends);
  self->fd = ends[0];
  self->received = g_byte_array_new ();
  self->transport = "RTP/AVP/TCP;unicast;interleaved=0-1";
  g_assert_true (fdpass_send (*router, ends[1], line, NULL));
  close (ends[1]);
  return self;
}

void
client_free (Client *self)
{
  close (self->fd);
  g_free (self->session);
  g_free (self->set_up);
  g_free (self->playing);
  g_byte_array_unref (self->received);
  g_free (self);
}

void
client_read (Client *self)
{
  guint8 data[65536];
  ssize_t n_read = recv (self->fd, data, sizeof data, MSG_DONTWAIT);

  if (n_read > 0)
    g_byte_array_append (self->received, data, (guint)n_read);
  else if (n_read == 0 || errno != EAGAIN)
    self->ended = TRUE;
}

gboolean
client_has_ended (gpointer user_data)
{
  client_read (user_data);
  return ((Client *)user_data)->ended;
}

/* Where the answer begins: behind the packets that came before it. FALSE when only packets came. */
static gboolean
find_answer (Client *self, gsize *at)
{
  const guint8 *data = self->received->data;

  for (*at = 0; *at + 4 <= self->received->len && data[*at] == '$'; *at += 4 + read_16 (data + *at + 2))
    ;
  return *at < self->received->len && data[*at] != '$';
}

/* Length of the whole answer there, or 0. */
static gsize
answer_length (Client *self, gsize at)
{
  const char *answer = (const char *)self->received->data + at;
  gsize size = self->received->len - at;
  const char *end = g_strstr_len (answer, (gssize)size, "\r\n\r\n");

  if (end == NULL)
    return 0;
  gsize head = (gsize)(end + 4 - answer);
  const char *body = g_strstr_len (answer, (gssize)head, "Content-Length:");
  gsize whole = head + (body != NULL ? g_ascii_strtoull (body + strlen ("Content-Length:"), NULL, 10) : 0);
  return size >= whole ? whole : 0;
}

gboolean
client_has_answer (gpointer user_data)
{
  Client *self = user_data;
  gsize at = 0;

  client_read (self);
  return (find_answer (self, &at) && answer_length (self, at) > 0) || self->ended;
}

void
client_send (Client *self, const char *method, const char *path, const char *headers)
{
  g_autofree char *request
      = g_strdup_printf ("%s rtsp://127.0.0.1:8554%s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: test\r\n%s\r\n", method, path,
                         ++self->sequence, headers);

  rig_send (self->fd, request);
}

char *
client_ask (Client *self, const char *method, const char *path, const char *headers)
{
  client_send (self, method, path, headers);
  reports_run_until (client_has_answer, self);
  gsize at = 0;
  gsize length = find_answer (self, &at) ? answer_length (self, at) : 0;
  char *answer = g_strndup ((const char *)self->received->data + at, length);
  if (length > 0)
    g_byte_array_remove_range (self->received, (guint)at, (guint)length);
  return answer;
}

void
client_play (Client *self, const char *path)
{
  g_autofree char *stream = g_strconcat (path, "/stream=0", NULL);
  g_autofree char *transport = g_strdup_printf ("Transport: %s\r\n", self->transport);
  g_autofree char *sdp = client_ask (self, "DESCRIBE", path, "");
  g_free (self->set_up);
  self->set_up = client_ask (self, "SETUP", stream, transport);
  const char *session = strstr (self->set_up, "Session: ");

  g_assert_nonnull (strstr (sdp, " 200 "));
  g_assert_nonnull (session);
  g_free (self->session);
  self->session = g_strdup_printf ("%.*s\r\n", (int)strcspn (session, ";\r"), session);
  g_free (self->playing);
  self->playing = client_ask (self, "PLAY", path, self->session);
  g_assert_nonnull (strstr (self->playing, " 200 "));
}

void
client_send_control (Client *self, const guint8 *packets, guint size)
{
  const guint8 head[] = { '$', 1, (guint8)(size >> 8), (guint8)size };

  g_assert_cmpint (send (self->fd, head, sizeof head, MSG_NOSIGNAL), ==, sizeof head);
  g_assert_cmpint (send (self->fd, packets, size, MSG_NOSIGNAL), ==, size);
}

const guint8 *
client_packet (Client *self, guint channel, guint type)
{
  const guint8 *data = self->received->data;

  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + read_16 (data + at + 2))
    if (data[at + 1] == channel && (type == 0 || data[at + 5] == type))
      return at + 4 + read_16 (data + at + 2) <= self->received->len ? data + at + 4 : NULL;
  return NULL;
}

/* The last RTP packet of the video frame `number`: the packet with the marker, on channel 0. NULL where it has not
 * come. */
static const guint8 *
end_of_frame (Client *self, guint number, guint *length)
{
  const guint8 *data = self->received->data;

  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + *length) {
    *length = (guint)data[at + 2] << 8 | data[at + 3];
    if (at + 4 + *length > self->received->len)
      return NULL;
    if (data[at + 1] == 0 && (data[at + 5] & 0x80) != 0 && number-- == 0)
      return data + at + 4;
  }
  return NULL;
}

guint
client_count_frames (Client *self)
{
  guint frames = 0;
  guint length = 0;

  while (end_of_frame (self, frames, &length) != NULL)
    frames++;
  return frames;
}

typedef struct
{
  Client *client;
  guint frames;
} Watching;

static gboolean
has_frames (gpointer user_data)
{
  Watching *watching = user_data;

  client_read (watching->client);
  return client_count_frames (watching->client) >= watching->frames;
}

void
client_await_frames (Client *self, guint frames)
{
  Watching watching = { .client = self, .frames = frames };

  reports_run_until (has_frames, &watching);
}

/* A small frame is one packet, or its last slice is. */
static gboolean
ends_like (Client *self, guint number, GstSample *sample)
{
  guint length = 0;
  const guint8 *packet = end_of_frame (self, number, &length);
  gsize payload = length - RTP_HEADER;
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  gsize size = gst_buffer_get_size (buffer);

  return packet != NULL && size >= payload
         && gst_buffer_memcmp (buffer, size - payload, packet + RTP_HEADER, payload) == 0;
}

void
client_assert_frame (Client *self, guint number, GstSample *expected)
{
  g_assert_true (ends_like (self, number, expected));
}

typedef struct
{
  Client *client;
  GstSample *sample;
} Expecting;

static gboolean
has_come (gpointer user_data)
{
  const Expecting *expecting = user_data;

  client_read (expecting->client);
  guint frames = client_count_frames (expecting->client);
  return frames > 0 && ends_like (expecting->client, frames - 1, expecting->sample);
}

void
client_await_frame (Client *self, GstSample *expected)
{
  Expecting expecting = { .client = self, .sample = expected };

  reports_run_until (has_come, &expecting);
}

guint32
client_frame_time (Client *self, guint number)
{
  guint length = 0;
  const guint8 *packet = end_of_frame (self, number, &length);

  return read_16 (packet + 4) << 16 | read_16 (packet + 6);
}

typedef void (*PacketSeen) (const guint8 *packet, guint length, gpointer user_data);

/* The whole video packets. */
static void
for_each_packet (Client *self, PacketSeen seen, gpointer user_data)
{
  const guint8 *data = self->received->data;
  guint length = 0;

  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + length) {
    length = read_16 (data + at + 2);
    if (at + 4 + length > self->received->len)
      return;
    if (data[at + 1] == 0)
      seen (data + at + 4, length, user_data);
  }
}

static guint
nal_type (const guint8 *packet)
{
  return packet[RTP_HEADER] & 0x1f;
}

typedef struct
{
  guint type;
  GPtrArray *units;
} Wanted;

static void
take_wanted (const guint8 *packet, guint length, gpointer user_data)
{
  Wanted *wanted = user_data;

  if (nal_type (packet) == wanted->type)
    g_ptr_array_add (wanted->units, g_bytes_new (packet + RTP_HEADER, length - RTP_HEADER));
}

GPtrArray *
client_nal_units (Client *self, guint type)
{
  Wanted wanted = { .type = type, .units = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref) };

  for_each_packet (self, take_wanted, &wanted);
  return wanted.units;
}

typedef struct
{
  gboolean in_picture;
  gboolean has_sets;
  guint frames;
} Order;

static void
check_order (const guint8 *packet, guint length, gpointer user_data)
{
  Order *order = user_data;
  guint type = nal_type (packet);
  gboolean is_set = type == H264_SPS || type == H264_PPS;

  g_assert_false (is_set && order->in_picture);
  order->has_sets |= is_set;
  order->in_picture |= type < H264_SPS - 1 || type > H264_PPS + 1;
  if ((packet[1] & 0x80) == 0)
    return;
  order->frames += order->has_sets ? 1 : 0;
  order->in_picture = FALSE;
  order->has_sets = FALSE;
}

void
client_assert_parameter_sets_lead (Client *self, guint frames)
{
  Order order = { 0 };

  for_each_packet (self, check_order, &order);
  g_assert_cmpuint (order.frames, ==, frames);
}

/* Of a packet that is made of several. */
static gboolean
says_bye (const guint8 *packet, guint length)
{
  for (guint at = 0; at + 4 <= length; at += 4 * (read_16 (packet + at + 2) + 1))
    if (packet[at + 1] == RTCP_BYE)
      return TRUE;
  return FALSE;
}

gboolean
client_has_bye (gpointer user_data)
{
  Client *self = user_data;
  guint length = 0;

  client_read (self);
  const guint8 *data = self->received->data;
  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + length) {
    length = read_16 (data + at + 2);
    if (at + 4 + length <= self->received->len && data[at + 1] == 1 && says_bye (data + at + 4, length))
      return TRUE;
  }
  return FALSE;
}
