/* RTSP messages: from the text on the wire, and the values of the headers that a client needs. Cameras take liberties;
 * what can be understood is. */
#pragma once

#include <gst/rtsp/gstrtspmessage.h>
#include <gst/rtsp/gstrtsprange.h>

G_BEGIN_DECLS

/* `text`: the start line and the headers, any line ends, without a body. NULL when the start line is no RTSP.
 * (transfer full) */
GstRTSPMessage *rtsp_message_parse (const char *text, gsize length);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstRTSPMessage, gst_rtsp_message_free)

/* The nth value of `field`; NULL if there is none. Valid as long as the message. */
const char *rtsp_message_header (const GstRTSPMessage *message, GstRTSPHeaderField field, gint index);

/* 0 for a request, and for an answer without a status. */
guint rtsp_message_status (const GstRTSPMessage *message);

/* Of `Content-Length`; 0 without one, G_MAXSIZE for one that is no number. */
gsize rtsp_message_content_length (const GstRTSPMessage *message);

/* -1 without one. */
gint64 rtsp_message_cseq (const GstRTSPMessage *message);

/* Of `Session`: the id (transfer full), NULL without one; `timeout` in seconds, unchanged if none is given. */
char *rtsp_message_session (const GstRTSPMessage *message, guint *timeout);

/* Of `Transport`: the first of the two interleaved channels. FALSE if the answer names none. */
gboolean rtsp_message_channel (const GstRTSPMessage *message, guint *channel);

/* Of `RTP-Info`: the time stamp that the medium with that control URL begins with. */
gboolean rtsp_message_rtp_time (const GstRTSPMessage *message, const char *control, guint32 *rtp_time);

/* The URL that relative control URLs of the session description in `message`, the answer to DESCRIBE `url`, are
 * relative to. (transfer full) */
char *rtsp_message_base (const GstRTSPMessage *message, const char *url);

/* `control`: an `a=control` of a session description, may be NULL. (transfer full) */
char *rtsp_control_url (const char *base, const char *control);

G_END_DECLS
