#include "rtp-packet.h"
#include "rtp-bytes.h"

#include <string.h>

#define NO_EXTRAS_MASK 0x3f /* padding, extension, contributors */
#define MARKER 0x80
#define FU_START 0x80
#define FU_END 0x40
#define FIRST_ROOM (16 * 1024)
/* More than any camera's keyframe; the depayloader gets the rest in a packet of its own. */
#define MAX_SIZE (4 * 1024 * 1024)

/* Of each way: the type of a fragment, and the bytes before the header that says which part it is. */
static const struct
{
  guint8 type;
  guint8 type_mask;
  guint8 shift;
  guint8 indicator; /* bytes */
} ways[] = {
  [RTP_FRAGMENTS_H264] = { .type = 28, .type_mask = 0x1f, .shift = 0, .indicator = 1 },
  [RTP_FRAGMENTS_H265] = { .type = 49, .type_mask = 0x3f, .shift = 1, .indicator = 2 },
};

RtpFragments
rtp_fragments_of (const GstCaps *caps)
{
  const char *encoding = gst_structure_get_string (gst_caps_get_structure (caps, 0), "encoding-name");

  if (g_strcmp0 (encoding, "H264") == 0)
    return RTP_FRAGMENTS_H264;
  return g_strcmp0 (encoding, "H265") == 0 ? RTP_FRAGMENTS_H265 : RTP_FRAGMENTS_UNKNOWN;
}

RtpPacket
rtp_packet_new (const guint8 *bytes, gsize size, guint16 sequence, gint64 arrived_us)
{
  RtpPacket self = {
    .bytes = g_memdup2 (bytes, size),
    .size = size,
    .room = size,
    .last_sequence = rtp_read_16 (bytes + 2),
    .rtp_time = rtp_read_32 (bytes + 4),
    .arrived_us = arrived_us,
  };

  rtp_write_16 (self.bytes + 2, sequence);
  return self;
}

void
rtp_packet_clear (RtpPacket *self)
{
  g_clear_pointer (&self->bytes, g_free);
}

static gboolean
is_plain_fragment (RtpFragments way, const guint8 *bytes, gsize size)
{
  return size > RTP_FIXED_HEADER + ways[way].indicator + 1u && (bytes[0] & NO_EXTRAS_MASK) == 0
         && ((bytes[RTP_FIXED_HEADER] >> ways[way].shift) & ways[way].type_mask) == ways[way].type;
}

/* The fragment headers but for start and end, the times and the senders are the same. */
static gboolean
is_of_same_unit (RtpFragments way, const guint8 *a, const guint8 *b)
{
  gsize at = RTP_FIXED_HEADER + ways[way].indicator;

  return memcmp (a + 4, b + 4, at - 4) == 0 && ((a[at] ^ b[at]) & ~(FU_START | FU_END)) == 0;
}

static gboolean
continues (const RtpPacket *self, RtpFragments way, const guint8 *bytes, gsize size)
{
  if (way == RTP_FRAGMENTS_UNKNOWN || !is_plain_fragment (way, self->bytes, self->size)
      || !is_plain_fragment (way, bytes, size))
    return FALSE;
  gsize at = RTP_FIXED_HEADER + ways[way].indicator;
  return is_of_same_unit (way, self->bytes, bytes) && (self->bytes[at] & FU_END) == 0 && (bytes[at] & FU_START) == 0
         && rtp_read_16 (bytes + 2) == (guint16)(self->last_sequence + 1) && self->size + size <= MAX_SIZE;
}

static void
make_room (RtpPacket *self, gsize more)
{
  if (self->size + more <= self->room)
    return;
  self->room = MAX (MAX (2 * self->room, FIRST_ROOM), self->size + more);
  self->bytes = g_realloc (self->bytes, self->room);
}

gboolean
rtp_packet_append (RtpPacket *self, RtpFragments way, const guint8 *bytes, gsize size)
{
  if (!continues (self, way, bytes, size))
    return FALSE;
  gsize at = RTP_FIXED_HEADER + ways[way].indicator;
  gsize more = size - at - 1;
  make_room (self, more);
  memcpy (self->bytes + self->size, bytes + at + 1, more);
  self->size += more;
  self->bytes[1] |= bytes[1] & MARKER;
  self->bytes[at] |= bytes[at] & FU_END;
  self->last_sequence = rtp_read_16 (bytes + 2);
  return TRUE;
}

GstBuffer *
rtp_packet_to_buffer (RtpPacket *self)
{
  guint8 *bytes = g_steal_pointer (&self->bytes);

  return gst_buffer_new_wrapped_full (0, bytes, self->room, 0, self->size, bytes, g_free);
}
