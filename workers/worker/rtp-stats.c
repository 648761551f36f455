#include "rtp-stats.h"

/* Further ahead, the sender has begun a new count. */
#define MAX_GAP 3000

guint
rtp_stats_count (RtpStats *self, guint16 sequence, guint32 rtp_time, guint32 arrived)
{
  guint32 transit = arrived - rtp_time;
  gint16 step = (gint16)(sequence - (guint16)self->highest);

  if (!self->started || step > MAX_GAP || step < -MAX_GAP) {
    *self = (RtpStats){ .started = TRUE, .highest = sequence, .first = sequence, .received = 1, .transit = transit };
    return 0;
  }
  self->received++;
  self->jitter += (ABS ((gdouble)(gint32)(transit - self->transit)) - self->jitter) / 16;
  self->transit = transit;
  if (step <= 0)
    return 0;
  self->highest += (guint32)step;
  return (guint)step - 1;
}

RtpReception
rtp_stats_report (RtpStats *self)
{
  guint64 expected = (guint64)self->highest - self->first + 1;
  gint64 expected_now = (gint64)(expected - self->expected_before);
  gint64 lost_now = expected_now - (gint64)(self->received - self->received_before);
  gint64 lost = (gint64)expected - (gint64)self->received;

  self->expected_before = expected;
  self->received_before = self->received;
  return (RtpReception){
    .fraction_lost = expected_now > 0 && lost_now > 0 ? (guint8)MIN ((lost_now << 8) / expected_now, 255) : 0,
    .lost = (gint32)CLAMP (lost, -0x800000, 0x7fffff),
    .highest = self->highest,
    .jitter = (guint32)self->jitter,
  };
}
