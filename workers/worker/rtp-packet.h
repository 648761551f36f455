/* An RTP packet on its way to the depayloader. The fragments of a picture that have come can be one packet: a
 * depayloader has less to do with one large than with many small. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define RTP_FIXED_HEADER 12

/* How large units are cut into fragments. */
typedef enum
{
  RTP_FRAGMENTS_UNKNOWN, /* or in a way that is not looked into */
  RTP_FRAGMENTS_H264,    /* FU-A, RFC 6184 */
  RTP_FRAGMENTS_H265     /* FU, RFC 7798 */
} RtpFragments;

/* Of a medium whose packets have these caps. */
RtpFragments rtp_fragments_of (const GstCaps *caps);

typedef struct
{
  guint8 *bytes;
  gsize size;
  gsize room;
  guint16 last_sequence; /* as it came, of the last packet in it */
  guint32 rtp_time;
  gint64 arrived_us;
  gboolean other_sender; /* than the packet before */
} RtpPacket;

/* A copy of a whole packet; `sequence` is the number that it goes on with. */
RtpPacket rtp_packet_new (const guint8 *bytes, gsize size, guint16 sequence, gint64 arrived_us);
void rtp_packet_clear (RtpPacket *self);

/* Appends the fragment to the ones in the packet. FALSE: it does not go on with that unit, and nothing was done. */
gboolean rtp_packet_append (RtpPacket *self, RtpFragments fragments, const guint8 *bytes, gsize size);

/* (transfer full) Nothing is left in the packet. */
GstBuffer *rtp_packet_to_buffer (RtpPacket *self);

G_END_DECLS
