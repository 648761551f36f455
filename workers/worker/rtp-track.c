#include "rtp-track.h"
#include "rtp-bytes.h"
#include "rtp-packet.h"

#include <string.h>

#define REPORT_INTERVAL_US (5 * G_USEC_PER_SEC)
/* Before the server has said that it plays. */
#define MAX_PENDING 4096

struct _RtpTrack
{
  guint index;
  RtpClock *clock;
  GstCaps *caps;
  GstPad *pad;
  gint payload_type;
  guint rate;
  gboolean takes_fir;
  RtpFragments fragments;
  GArray *pending; /* RtpPacket */
  guint16 joined;  /* packets so far that became part of another: the later ones have that much lower numbers */

  gboolean has_ssrc;
  guint32 ssrc;
  RtpStats stats;
  guint64 lost;

  guint32 own_ssrc;
  gint64 report_at;
  gboolean wants_keyframe;
  guint8 requests;
  guint32 sender_report; /* middle of its NTP time */
  gint64 sender_report_us;
};

RtpTrack *
rtp_track_new (guint index, GstCaps *caps, RtpClock *clock)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  RtpTrack *self = g_new0 (RtpTrack, 1);
  gint rate = 0;

  self->index = index;
  self->clock = clock;
  self->caps = gst_caps_ref (caps);
  self->own_ssrc = g_random_int ();
  self->fragments = rtp_fragments_of (caps);
  self->pending = g_array_new (FALSE, FALSE, sizeof (RtpPacket));
  g_array_set_clear_func (self->pending, (GDestroyNotify)rtp_packet_clear);
  if (!gst_structure_get_int (structure, "payload", &self->payload_type))
    self->payload_type = -1;
  /* 90 kHz is what video has; sound without a rate is no valid description. */
  self->rate = gst_structure_get_int (structure, "clock-rate", &rate) && rate > 0 ? (guint)rate : 90000;
  self->takes_fir = gst_structure_has_field (structure, "rtcp-fb-ccm-fir")
                    && !gst_structure_has_field (structure, "rtcp-fb-nack-pli");

  g_autofree char *name = g_strdup_printf ("track_%u", index);
  g_autoptr (GstPadTemplate) template = gst_pad_template_new (name, GST_PAD_SRC, GST_PAD_ALWAYS, caps);
  self->pad = gst_object_ref_sink (gst_pad_new_from_template (template, name));
  gst_pad_set_active (self->pad, TRUE);
  return self;
}

void
rtp_track_free (RtpTrack *self)
{
  g_array_unref (self->pending);
  gst_object_unref (self->pad);
  gst_caps_unref (self->caps);
  g_free (self);
}

GstPad *
rtp_track_pad (RtpTrack *self)
{
  return self->pad;
}

guint
rtp_track_ticks_per_second (RtpTrack *self)
{
  return self->rate;
}

void
rtp_track_begin (RtpTrack *self)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->pad, gst_event_new_stream_start (GST_PAD_NAME (self->pad)));
  gst_pad_push_event (self->pad, gst_event_new_caps (self->caps));
  gst_pad_push_event (self->pad, gst_event_new_segment (&segment));
}

/* Depayloaders complain on the bus about what is malformed; it is to be skipped without a word. */
static gboolean
is_valid (const guint8 *bytes, gsize size)
{
  if (size < RTP_FIXED_HEADER || bytes[0] >> 6 != 2)
    return FALSE;
  gsize header = RTP_FIXED_HEADER + 4 * (gsize)(bytes[0] & 0x0f);
  if ((bytes[0] & 0x10) != 0) {
    if (size < header + 4)
      return FALSE;
    header += 4 + 4 * (gsize)rtp_read_16 (bytes + header + 2);
  }
  gsize padding = (bytes[0] & 0x20) != 0 ? bytes[size - 1] : 0;
  return header + padding <= size;
}

/* Whether the packet comes from another sender than the one before. */
static gboolean
take_sender (RtpTrack *self, guint32 ssrc)
{
  gboolean is_other = self->has_ssrc && self->ssrc != ssrc;

  if (is_other) {
    self->sender_report_us = 0;
    memset (&self->stats, 0, sizeof self->stats);
  }
  self->has_ssrc = TRUE;
  self->ssrc = ssrc;
  return is_other;
}

static gboolean
joins_last (RtpTrack *self, const guint8 *bytes, gsize size)
{
  guint count = self->pending->len;

  return count > 0
         && rtp_packet_append (&g_array_index (self->pending, RtpPacket, count - 1), self->fragments, bytes, size);
}

void
rtp_track_take (RtpTrack *self, const guint8 *bytes, gsize size, gint64 arrived_us)
{
  if (!is_valid (bytes, size) || (bytes[1] & 0x7f) != self->payload_type || self->pending->len >= MAX_PENDING)
    return;
  gboolean other_sender = take_sender (self, rtp_read_32 (bytes + 8));
  guint16 sequence = rtp_read_16 (bytes + 2);
  guint32 arrived = (guint32)gst_util_uint64_scale ((guint64)arrived_us, self->rate, G_USEC_PER_SEC);
  self->lost += rtp_stats_count (&self->stats, sequence, rtp_read_32 (bytes + 4), arrived);
  if (joins_last (self, bytes, size)) {
    self->joined++;
    return;
  }
  RtpPacket packet = rtp_packet_new (bytes, size, (guint16)(sequence - self->joined), arrived_us);
  packet.other_sender = other_sender;
  g_array_append_val (self->pending, packet);
}

gboolean
rtp_track_take_control (RtpTrack *self, const guint8 *bytes, gsize size, gint64 arrived_us)
{
  RtpSenderNews news = rtp_control_read (bytes, size, self->has_ssrc ? &self->ssrc : NULL);

  if (news.has_report) {
    rtp_clock_report (self->clock, self->index, news.ntp_time, news.rtp_time);
    self->sender_report = (guint32)(news.ntp_time >> 16);
    self->sender_report_us = arrived_us;
  }
  return news.is_bye && self->has_ssrc;
}

static GstBuffer *
take_stamped (RtpTrack *self, guint index)
{
  RtpPacket *packet = &g_array_index (self->pending, RtpPacket, index);

  if (packet->other_sender)
    rtp_clock_restart (self->clock, self->index);
  GstBuffer *buffer = rtp_packet_to_buffer (packet);
  GST_BUFFER_PTS (buffer) = rtp_clock_time (self->clock, self->index, packet->rtp_time, packet->arrived_us);
  return buffer;
}

gboolean
rtp_track_has_packets (RtpTrack *self)
{
  return self->pending->len > 0;
}

void
rtp_track_push (RtpTrack *self)
{
  guint count = self->pending->len;

  if (count == 0)
    return;
  GstBufferList *list = gst_buffer_list_new_sized (count);
  for (guint i = 0; i < count; i++)
    gst_buffer_list_add (list, take_stamped (self, i));
  g_array_set_size (self->pending, 0);
  gst_pad_push_list (self->pad, list);
}

void
rtp_track_request_keyframe (RtpTrack *self)
{
  self->wants_keyframe = TRUE;
  self->requests++;
}

gsize
rtp_track_report (RtpTrack *self, guint8 bytes[RTP_CONTROL_MAX_SIZE], gint64 now_us)
{
  if (!self->has_ssrc || (now_us < self->report_at && !self->wants_keyframe))
    return 0;
  gint64 delay_us = self->sender_report_us != 0 ? now_us - self->sender_report_us : 0;
  const RtpReceiverReport report = {
    .own_ssrc = self->own_ssrc,
    .ssrc = self->ssrc,
    .reception = rtp_stats_report (&self->stats),
    .last_report = self->sender_report_us != 0 ? self->sender_report : 0,
    .delay = (guint32)(delay_us * 65536 / G_USEC_PER_SEC),
    .request = !self->wants_keyframe ? RTP_REQUEST_NONE
               : self->takes_fir     ? RTP_REQUEST_FIR
                                     : RTP_REQUEST_PLI,
    .request_number = self->requests,
  };
  self->wants_keyframe = FALSE;
  self->report_at = now_us + REPORT_INTERVAL_US;
  return rtp_control_write (bytes, &report);
}

guint64
rtp_track_take_lost (RtpTrack *self)
{
  guint64 lost = self->lost;

  self->lost = 0;
  return lost;
}
