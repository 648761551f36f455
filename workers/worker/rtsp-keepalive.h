/* When and how an RTSP session is kept alive. */
#pragma once

#include "rtsp-message.h"

G_BEGIN_DECLS

typedef struct
{
  guint timeout_s;      /* after which the server would end the session */
  GstRTSPMethod method; /* of the request */
  gint64 at;            /* monotonic time of the next */
} RtspKeepalive;

void rtsp_keepalive_init (RtspKeepalive *self);

/* What the answer to OPTIONS says of the ways there are. */
void rtsp_keepalive_choose (RtspKeepalive *self, const GstRTSPMessage *options);

/* One was just sent, or anything else in the session. */
void rtsp_keepalive_plan (RtspKeepalive *self);
gboolean rtsp_keepalive_is_due (const RtspKeepalive *self);

/* An answer: another way is taken when the server does not know this one. */
void rtsp_keepalive_take_answer (RtspKeepalive *self, const GstRTSPMessage *answer);

G_END_DECLS
