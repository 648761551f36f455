/* What an RTSP client has been sent: RTP and RTCP between the answers. */
#include "reports.h"
#include "rtp-bytes.h"
#include "rtsp-client.h"

#define RTP_HEADER 12
#define RTCP_BYE 203
/* Of RFC 6184: the type of a NAL unit, or of the packet that carries fragments of one. */
#define H264_SPS 7
#define H264_PPS 8

const guint8 *
client_packet (Client *self, guint channel, guint type)
{
  const guint8 *data = self->received->data;

  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + rtp_read_16 (data + at + 2))
    if (data[at + 1] == channel && (type == 0 || data[at + 5] == type))
      return at + 4 + rtp_read_16 (data + at + 2) <= self->received->len ? data + at + 4 : NULL;
  return NULL;
}

/* The last RTP packet of the video frame `number`: the packet with the marker, on channel 0. NULL where it has not
 * come. */
static const guint8 *
end_of_frame (Client *self, guint number, guint *length)
{
  const guint8 *data = self->received->data;

  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + *length) {
    *length = rtp_read_16 (data + at + 2);
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

  return rtp_read_32 (packet + 4);
}

typedef void (*PacketSeen) (const guint8 *packet, guint length, gpointer user_data);

/* The whole video packets. */
static void
for_each_packet (Client *self, PacketSeen seen, gpointer user_data)
{
  const guint8 *data = self->received->data;
  guint length = 0;

  for (guint at = 0; at + 4 <= self->received->len && data[at] == '$'; at += 4 + length) {
    length = rtp_read_16 (data + at + 2);
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
  for (guint at = 0; at + 4 <= length; at += 4 * (rtp_read_16 (packet + at + 2) + 1))
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
    length = rtp_read_16 (data + at + 2);
    if (at + 4 + length <= self->received->len && data[at + 1] == 1 && says_bye (data + at + 4, length))
      return TRUE;
  }
  return FALSE;
}
