#include "first-report.h"
#include "seat.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#define MTU 1400
/* The transports of a media that is about to play. */
#define INTERLEAVED "dslrs-first-report"

/* From 1900, when NTP begins, to 1970. */
#define NTP_UNIX_OFFSET_S G_GUINT64_CONSTANT (2208988800)

typedef struct
{
  guint64 ntp;      /* seconds in 32.32 fixed point */
  guint32 rtp_time; /* of a frame that was taken then */
} Moment;

/* The two clocks are read at once: how far they are apart is the error of the report. */
static void
read_clocks (GstRTSPMedia *media, guint64 *unix_us, GstClockTime *running_time)
{
  g_autoptr (GstElement) element = gst_rtsp_media_get_element (media);
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (element));
  g_autoptr (GstClock) clock = gst_pipeline_get_pipeline_clock (GST_PIPELINE (pipeline));
  GstClockTime base = gst_element_get_base_time (GST_ELEMENT (pipeline));

  *unix_us = (guint64)g_get_real_time ();
  *running_time = gst_clock_get_time (clock) - base;
}

/* The present, as RTP-Info and later the RTP session have it. FALSE where the stream has no time. */
static gboolean
present_moment (GstRTSPMedia *media, GstRTSPStream *stream, Moment *moment)
{
  guint rtp_time = 0;
  guint clock_rate = 0;
  GstClockTime taken = GST_CLOCK_TIME_NONE;
  GstClockTime now = 0;
  guint64 unix_us = 0;

  if (!gst_rtsp_stream_get_rtpinfo (stream, &rtp_time, NULL, &clock_rate, &taken) || clock_rate == 0)
    return FALSE;
  /* Before it has seen a frame, a payloader tells of running time 0. */
  if (taken == GST_CLOCK_TIME_NONE)
    taken = 0;
  read_clocks (media, &unix_us, &now);
  moment->ntp = gst_util_uint64_scale (unix_us + NTP_UNIX_OFFSET_S * G_USEC_PER_SEC, G_GUINT64_CONSTANT (1) << 32,
                                       G_USEC_PER_SEC);
  moment->rtp_time = rtp_time + (guint32)gst_util_uint64_scale_int (now, (gint)clock_rate, GST_SECOND)
                     - (guint32)gst_util_uint64_scale_int (taken, (gint)clock_rate, GST_SECOND);
  return TRUE;
}

/* (transfer full) */
static char *
cname_of (GstRTSPStream *stream)
{
  g_autoptr (GObject) session = gst_rtsp_stream_get_rtpsession (stream);
  g_autoptr (GstStructure) sdes = NULL;

  g_object_get (session, "sdes", &sdes, NULL);
  return g_strdup (gst_structure_get_string (sdes, "cname"));
}

/* What the session's own are made of (RFC 3550, 6.4.1): no packets sent yet, and the name of the sender. */
static GstBuffer *
report_new (GstRTSPStream *stream, const Moment *moment)
{
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  GstBuffer *buffer = gst_rtcp_buffer_new (MTU);
  g_autofree char *cname = cname_of (stream);
  guint ssrc = 0;

  gst_rtsp_stream_get_ssrc (stream, &ssrc);
  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &rtcp);
  gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_SR, &packet);
  gst_rtcp_packet_sr_set_sender_info (&packet, ssrc, moment->ntp, moment->rtp_time, 0, 0);
  gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_SDES, &packet);
  gst_rtcp_packet_sdes_add_item (&packet, ssrc);
  gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME, (guint8)strlen (cname), (const guint8 *)cname);
  gst_rtcp_buffer_unmap (&rtcp);
  return buffer;
}

/* From where the later ones come. One that is lost is no loss: the next is the session's. */
static void
send_to (GstRTSPStream *stream, const GstRTSPTransport *transport, GstBuffer *report)
{
  g_autoptr (GSocketAddress) address
      = g_inet_socket_address_new_from_string (transport->destination, (guint)transport->client_port.max);
  g_autoptr (GSocket) socket
      = address != NULL ? gst_rtsp_stream_get_rtcp_socket (stream, g_socket_address_get_family (address)) : NULL;
  GstMapInfo map;

  if (socket == NULL || !gst_buffer_map (report, &map, GST_MAP_READ))
    return;
  g_socket_send_to (socket, address, (const char *)map.data, map.size, NULL, NULL);
  gst_buffer_unmap (report, &map);
}

static void
send_report (GstRTSPMedia *media, GstRTSPStreamTransport *to)
{
  GstRTSPStream *stream = gst_rtsp_stream_transport_get_stream (to);
  const GstRTSPTransport *transport = gst_rtsp_stream_transport_get_transport (to);
  Moment moment;

  if (!present_moment (media, stream, &moment))
    return;
  GstBuffer *report = report_new (stream, &moment);
  if (transport->lower_transport == GST_RTSP_LOWER_TRANS_UDP)
    send_to (stream, transport, report);
  else
    gst_rtsp_stream_transport_send_rtcp (to, report);
  gst_buffer_unref (report);
}

/* Last track first: in this order live555 looks at what has come over UDP at the same time, the answer to PLAY last. */
static void
send_reports (GstRTSPMedia *media, GPtrArray *transports, GstRTSPLowerTrans lower)
{
  for (guint i = transports->len; i-- > 0;) {
    GstRTSPStreamTransport *to = g_ptr_array_index (transports, i);

    if (to != NULL && gst_rtsp_stream_transport_get_transport (to)->lower_transport == lower)
      send_report (media, to);
  }
}

/* A client of a group may come in the middle of it: it hears the next report of the group's. */
static gboolean
begins (GstRTSPContext *context, const GstRTSPMessage *answer)
{
  if (context->method != GST_RTSP_PLAY || answer->type != GST_RTSP_MESSAGE_RESPONSE
      || answer->type_data.response.code != GST_RTSP_STS_OK)
    return FALSE;
  const Seat *seat = seat_of (context->media);
  return seat->listeners == NULL && !g_atomic_int_get (&seat->has_begun);
}

/* The transports are a locked matter while the state of the media changes. */
static void
on_send_message (GstRTSPClient *client, GstRTSPContext *context, GstRTSPMessage *message, gpointer user_data)
{
  if (!begins (context, message))
    return;
  GPtrArray *transports = gst_rtsp_session_media_get_transports (context->sessmedia);
  send_reports (context->media, transports, GST_RTSP_LOWER_TRANS_UDP);
  g_object_set_data_full (G_OBJECT (context->media), INTERLEAVED, transports, (GDestroyNotify)g_ptr_array_unref);
}

void
first_report_attend (GstRTSPClient *client)
{
  g_signal_connect (client, "send-message", G_CALLBACK (on_send_message), NULL);
}

void
first_report_interleave (GstRTSPMedia *media)
{
  g_autoptr (GPtrArray) transports = g_object_steal_data (G_OBJECT (media), INTERLEAVED);

  if (transports != NULL)
    send_reports (media, transports, GST_RTSP_LOWER_TRANS_TCP);
}
