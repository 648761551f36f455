/* What is counted of one sender's RTP packets, for receiver reports (RFC 3550, 6.4 and A.3 to A.8). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean started;
  guint32 highest; /* sequence number, extended by its cycles */
  guint32 first;
  guint64 received;
  guint64 expected_before; /* the last report */
  guint64 received_before;
  guint32 transit;
  gdouble jitter; /* in ticks */
} RtpStats;

typedef struct
{
  guint8 fraction_lost;
  gint32 lost;
  guint32 highest;
  guint32 jitter;
} RtpReception;

/* Counts a packet; returns how many are missing right before it. `arrived`: in ticks of the track. */
guint rtp_stats_count (RtpStats *self, guint16 sequence, guint32 rtp_time, guint32 arrived);

/* For the next receiver report. */
RtpReception rtp_stats_report (RtpStats *self);

G_END_DECLS
