/* What came over one RTP track, as far as a viewer would notice: packets and frames that are missing, and when each
 * frame was whole. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A frame that was received in whole. */
typedef struct
{
  guint64 key; /* of its first coded slice: the same frame has the same on every path, however it is packed */
  gint64 at_us;
} RtpArrival;

typedef struct
{
  guint64 frames; /* distinct RTP times in a row */
  guint64 whole;  /* frames with their last packet */
  guint64 bytes;
  guint64 lost; /* packets, by the gaps of the sequence numbers */
  /* Between the RTP times of frames that follow one another. */
  gint32 smallest_step;
  gint32 largest_step;
  /* Of H.264; NULL where nobody wants to know. (element-type RtpArrival) */
  GArray *arrivals;

  gboolean begun;
  guint16 sequence;
  guint32 time;
  guint64 key;
} RtpCount;

void rtp_count_init (RtpCount *self, gboolean with_arrivals);
void rtp_count_clear (RtpCount *self);

/* The next packet is the first of another session: its numbers have nothing to do with those before. */
void rtp_count_restart (RtpCount *self);
void rtp_count_packet (RtpCount *self, const guint8 *packet, gsize size, gint64 now_us);

G_END_DECLS
