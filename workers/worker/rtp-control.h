/* RTCP packets (RFC 3550, RFC 4585, RFC 5104): what a receiver reads of them, and what it sends. */
#pragma once

#include "rtp-stats.h"

G_BEGIN_DECLS

/* What a compound packet said of the sender `ssrc`. */
typedef struct
{
  gboolean has_report;
  guint64 ntp_time;
  guint32 rtp_time;
  gboolean is_bye;
} RtpSenderNews;

/* `ssrc` NULL: the first sender in it counts. What is malformed is ignored. */
RtpSenderNews rtp_control_read (const guint8 *bytes, gsize size, const guint32 *ssrc);

typedef enum
{
  RTP_REQUEST_NONE,
  RTP_REQUEST_PLI, /* picture loss */
  RTP_REQUEST_FIR  /* full intra */
} RtpKeyframeRequest;

typedef struct
{
  guint32 own_ssrc;
  guint32 ssrc; /* of the sender */
  RtpReception reception;
  guint32 last_report; /* middle of the last sender report's NTP time, 0 without one */
  guint32 delay;       /* since that report, in 1/65536 s */
  RtpKeyframeRequest request;
  guint8 request_number; /* of FIR; another one is another request */
} RtpReceiverReport;

#define RTP_CONTROL_MAX_SIZE 128
/* Writes a compound packet: receiver report, source description and, if asked for, the request. Returns its size. */
gsize rtp_control_write (guint8 bytes[RTP_CONTROL_MAX_SIZE], const RtpReceiverReport *report);

G_END_DECLS
