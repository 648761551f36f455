#include "rtp-count.h"

#define RTP_HEADER 12
#define MARKER 0x80

/* Of RFC 6184: coded slices, and packets that carry several NAL units or fragments of one. */
#define H264_SLICE 1
#define H264_IDR_SLICE 5
#define H264_STAP_A 24
#define H264_FU_A 28
#define FU_START 0x80
#define NAL_TYPE 0x1f

/* Of a slice: its header and the first macroblocks. */
#define KEY_BYTES 64

static guint
read_16 (const guint8 *data)
{
  return (guint)data[0] << 8 | data[1];
}

static guint32
read_32 (const guint8 *data)
{
  return (guint32)read_16 (data) << 16 | read_16 (data + 2);
}

void
rtp_count_init (RtpCount *self, gboolean with_arrivals)
{
  *self = (RtpCount){ .smallest_step = G_MAXINT32 };
  if (with_arrivals)
    self->arrivals = g_array_new (FALSE, FALSE, sizeof (RtpArrival));
}

void
rtp_count_clear (RtpCount *self)
{
  g_clear_pointer (&self->arrivals, g_array_unref);
}

void
rtp_count_restart (RtpCount *self)
{
  self->begun = FALSE;
  self->key = 0;
}

/* FNV-1a, never 0. `slice`: without the header of its NAL unit, which fragments do not repeat. */
static guint64
key_of_slice (const guint8 *slice, gsize size)
{
  guint64 key = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (gsize i = 0; i < MIN (size, KEY_BYTES); i++)
    key = (key ^ slice[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return MAX (key, 1);
}

static gboolean
is_slice (guint type)
{
  return type == H264_SLICE || type == H264_IDR_SLICE;
}

static guint64
key_of_aggregate (const guint8 *units, gsize size)
{
  while (size > 3) {
    gsize length = MIN (read_16 (units), size - 2);

    if (length > 1 && is_slice (units[2] & NAL_TYPE))
      return key_of_slice (units + 3, length - 1);
    units += 2 + length;
    size -= 2 + length;
  }
  return 0;
}

/* 0 where no slice begins in it. */
static guint64
key_of (const guint8 *payload, gsize size)
{
  guint type = size > 2 ? payload[0] & NAL_TYPE : 0;

  if (is_slice (type))
    return key_of_slice (payload + 1, size - 1);
  if (type == H264_FU_A && (payload[1] & FU_START) != 0 && is_slice (payload[1] & NAL_TYPE))
    return key_of_slice (payload + 2, size - 2);
  return type == H264_STAP_A ? key_of_aggregate (payload + 1, size - 1) : 0;
}

static void
count_frame (RtpCount *self, guint32 time)
{
  if (self->begun && time == self->time)
    return;
  if (self->begun) {
    gint32 step = (gint32)(time - self->time);

    self->smallest_step = MIN (self->smallest_step, step);
    self->largest_step = MAX (self->largest_step, step);
  }
  self->time = time;
  self->key = 0;
  self->frames++;
}

void
rtp_count_packet (RtpCount *self, const guint8 *packet, gsize size, gint64 now_us)
{
  if (size < RTP_HEADER)
    return;
  guint16 sequence = (guint16)read_16 (packet + 2);

  if (self->begun)
    self->lost += (guint16)(sequence - self->sequence - 1);
  count_frame (self, read_32 (packet + 4));
  self->begun = TRUE;
  self->sequence = sequence;
  self->bytes += size;
  if (self->arrivals != NULL && self->key == 0)
    self->key = key_of (packet + RTP_HEADER, size - RTP_HEADER);
  if ((packet[1] & MARKER) == 0)
    return;
  self->whole++;
  if (self->arrivals != NULL) {
    RtpArrival arrival = { .key = self->key, .at_us = now_us };
    g_array_append_val (self->arrivals, arrival);
  }
}
