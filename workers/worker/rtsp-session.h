/* An RTSP session with all packets interleaved in the one TCP connection: describe, set up, play, keep alive, tear
 * down, in this order. For one thread, which blocks in here; the cancellable ends that at once. Failures are as in
 * rtsp-connection.h; NULL means that it worked. */
#pragma once

#include "rtsp-client.h"

#include <gst/sdp/gstsdpmessage.h>

G_BEGIN_DECLS

typedef struct _RtspSession RtspSession;

typedef struct
{
  /* A packet on that channel, RTP or RTCP, possibly before the session plays. Borrowed for the time of the call. */
  void (*packet) (guint channel, const guint8 *bytes, gsize size, gpointer user_data);
  /* After each read while it plays, with all its packets. */
  void (*received) (gpointer user_data);
} RtspSessionFuncs;

RtspSession *rtsp_session_new (const char *uri, const RtspAccess *access, const RtspSessionFuncs *funcs,
                               gpointer user_data, GCancellable *cancellable);
void rtsp_session_free (RtspSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtspSession, rtsp_session_free)

/* `sdp`: (transfer full), set when it worked. */
JsonNode *rtsp_session_describe (RtspSession *self, GstSDPMessage **sdp);

/* `channel`: in, which one is asked for; out, the one that the server chose for the RTP packets. RTCP has the next. */
JsonNode *rtsp_session_set_up (RtspSession *self, const GstSDPMedia *media, guint *channel);

JsonNode *rtsp_session_play (RtspSession *self);
/* The time stamp that the server said `media` begins with; FALSE if it did not. */
gboolean rtsp_session_rtp_time (RtspSession *self, const GstSDPMedia *media, guint32 *rtp_time);

/* Receives until the session ends; returns why, never NULL. */
JsonNode *rtsp_session_run (RtspSession *self);
/* While it runs; FALSE when the connection takes nothing at the moment. */
gboolean rtsp_session_send_packet (RtspSession *self, guint channel, const guint8 *bytes, gsize size);
/* A `packet` callback saw that the stream ended: rtsp_session_run() returns. */
void rtsp_session_end (RtspSession *self);

/* Tells the server, at most a moment long. */
void rtsp_session_tear_down (RtspSession *self);

G_END_DECLS
