#include "rtp-control.h"
#include "rtp-bytes.h"

#include <string.h>

#define VERSION_BITS 0x80
#define CNAME "dslrs"

enum
{
  TYPE_SENDER_REPORT = 200,
  TYPE_RECEIVER_REPORT = 201,
  TYPE_SOURCE_DESCRIPTION = 202,
  TYPE_BYE = 203,
  TYPE_PAYLOAD_FEEDBACK = 206
};

enum
{
  FEEDBACK_PLI = 1,
  FEEDBACK_FIR = 4
};

static void
read_sender_report (RtpSenderNews *news, const guint8 *packet, gsize size, const guint32 *ssrc)
{
  if (size < 20 || (ssrc != NULL && rtp_read_32 (packet + 4) != *ssrc))
    return;
  news->has_report = TRUE;
  news->ntp_time = rtp_read_64 (packet + 8);
  news->rtp_time = rtp_read_32 (packet + 16);
}

static void
read_bye (RtpSenderNews *news, const guint8 *packet, gsize size, const guint32 *ssrc)
{
  guint count = packet[0] & 0x1f;

  for (guint i = 0; i < count && size >= 8 + 4 * (gsize)i; i++)
    if (ssrc == NULL || rtp_read_32 (packet + 4 + 4 * (gsize)i) == *ssrc)
      news->is_bye = TRUE;
}

RtpSenderNews
rtp_control_read (const guint8 *bytes, gsize size, const guint32 *ssrc)
{
  RtpSenderNews news = { 0 };

  while (size >= 4 && (bytes[0] & 0xc0) == VERSION_BITS) {
    gsize length = 4 * ((gsize)rtp_read_16 (bytes + 2) + 1);
    if (length > size)
      break;
    if (bytes[1] == TYPE_SENDER_REPORT)
      read_sender_report (&news, bytes, length, ssrc);
    else if (bytes[1] == TYPE_BYE)
      read_bye (&news, bytes, length, ssrc);
    bytes += length;
    size -= length;
  }
  return news;
}

/* Returns where the packet's content goes. `words`: of 32 bits, without the first. */
static guint8 *
put_head (guint8 *at, guint count, guint type, guint16 words)
{
  at[0] = (guint8)(VERSION_BITS | count);
  at[1] = (guint8)type;
  rtp_write_16 (at + 2, words);
  return at + 4;
}

static guint8 *
put_word (guint8 *at, guint32 word)
{
  rtp_write_32 (at, word);
  return at + 4;
}

static guint8 *
put_receiver_report (guint8 *at, const RtpReceiverReport *report)
{
  at = put_head (at, 1, TYPE_RECEIVER_REPORT, 7);
  at = put_word (at, report->own_ssrc);
  at = put_word (at, report->ssrc);
  at = put_word (at, (guint32)report->reception.fraction_lost << 24 | ((guint32)report->reception.lost & 0xffffff));
  at = put_word (at, report->reception.highest);
  at = put_word (at, report->reception.jitter);
  at = put_word (at, report->last_report);
  return put_word (at, report->delay);
}

/* One chunk with one item, the mandatory CNAME (1), ended and padded by zeros. */
static guint8 *
put_source_description (guint8 *at, guint32 own_ssrc)
{
  const gsize name = strlen (CNAME);
  const gsize padded = (2 + name + 4) / 4 * 4;

  at = put_head (at, 1, TYPE_SOURCE_DESCRIPTION, (guint16)(1 + padded / 4));
  at = put_word (at, own_ssrc);
  memset (at, 0, padded);
  at[0] = 1;
  at[1] = (guint8)name;
  memcpy (at + 2, CNAME, name);
  return at + padded;
}

static guint8 *
put_request (guint8 *at, const RtpReceiverReport *report)
{
  gboolean is_fir = report->request == RTP_REQUEST_FIR;

  at = put_head (at, is_fir ? FEEDBACK_FIR : FEEDBACK_PLI, TYPE_PAYLOAD_FEEDBACK, is_fir ? 4 : 2);
  at = put_word (at, report->own_ssrc);
  at = put_word (at, is_fir ? 0 : report->ssrc);
  if (!is_fir)
    return at;
  at = put_word (at, report->ssrc);
  return put_word (at, (guint32)report->request_number << 24);
}

gsize
rtp_control_write (guint8 bytes[RTP_CONTROL_MAX_SIZE], const RtpReceiverReport *report)
{
  guint8 *at = put_receiver_report (bytes, report);

  at = put_source_description (at, report->own_ssrc);
  if (report->request != RTP_REQUEST_NONE)
    at = put_request (at, report);
  return (gsize)(at - bytes);
}
