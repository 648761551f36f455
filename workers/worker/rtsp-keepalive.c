#include "rtsp-keepalive.h"

/* RFC 2326, 12.37. */
#define DEFAULT_TIMEOUT_S 60
/* Also where a server would allow longer silence: the routers on the way may not. */
#define MAX_INTERVAL_US (30 * G_USEC_PER_SEC)

void
rtsp_keepalive_init (RtspKeepalive *self)
{
  /* The method that every server must know. */
  *self = (RtspKeepalive){ .timeout_s = DEFAULT_TIMEOUT_S, .method = GST_RTSP_OPTIONS };
}

void
rtsp_keepalive_choose (RtspKeepalive *self, const GstRTSPMessage *options)
{
  const char *methods = rtsp_message_header (options, GST_RTSP_HDR_PUBLIC, 0);

  if (methods != NULL && (gst_rtsp_options_from_text (methods) & GST_RTSP_GET_PARAMETER) != 0)
    self->method = GST_RTSP_GET_PARAMETER;
}

void
rtsp_keepalive_plan (RtspKeepalive *self)
{
  self->at = g_get_monotonic_time () + MIN ((gint64)self->timeout_s * G_USEC_PER_SEC / 2, MAX_INTERVAL_US);
}

gboolean
rtsp_keepalive_is_due (const RtspKeepalive *self)
{
  return g_get_monotonic_time () >= self->at;
}

void
rtsp_keepalive_take_answer (RtspKeepalive *self, const GstRTSPMessage *answer)
{
  guint status = rtsp_message_status (answer);

  if (status == GST_RTSP_STS_METHOD_NOT_ALLOWED || status == GST_RTSP_STS_NOT_IMPLEMENTED)
    self->method = GST_RTSP_OPTIONS;
}
