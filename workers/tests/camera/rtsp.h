/* A client of one RTSP connection, over TCP and interleaved. Everything fails the test by itself, and gives up after
 * RIG_PATIENCE_S. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int fd;
  guint16 port;
  const char *path;
  guint sequence;
  char *session; /* of the last SETUP */
  GByteArray *unread;
} Rtsp;

typedef struct
{
  guint8 channel;
  guint16 sequence; /* of RTP */
  guint32 time;
  GBytes *bytes; /* all of it */
} Packet;

void rtsp_open (Rtsp *self, guint16 port, const char *path);
void rtsp_close (Rtsp *self);

/* `headers`: lines with their ends, or NULL. */
void rtsp_send (Rtsp *self, const char *method, const char *headers);
/* Head and body; packets before it are thrown away. (transfer full) */
char *rtsp_receive (Rtsp *self);
/* Both. (transfer full) */
char *rtsp_ask (Rtsp *self, const char *method, const char *headers);
/* The status of the answer. */
int rtsp_status (Rtsp *self, const char *method, const char *headers);
/* SETUP of so many tracks. The status of the first that fails, or of the last. */
int rtsp_set_up (Rtsp *self, guint tracks);
int rtsp_play (Rtsp *self, guint tracks);
/* Opens, describes, sets up and plays. */
void rtsp_open_and_play (Rtsp *self, guint16 port, const char *path, guint tracks);

/* The next packet of a channel. FALSE at the end of the stream, or after a reset. */
gboolean rtsp_next (Rtsp *self, guint8 channel, Packet *packet);
void packet_clear (Packet *packet);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Packet, packet_clear)

/* Takes so many packets of a channel. */
void rtsp_take (Rtsp *self, guint8 channel, guint packets);

/* Reads on to the end of the stream, and says whether it was a reset. */
gboolean rtsp_ends_with_reset (Rtsp *self);
/* What was read and not taken, up to the end of the stream, which is no reset. (transfer full) */
GByteArray *rtsp_rest (Rtsp *self);
/* TRUE if nothing at all comes for `ms`; what was on its way before is taken. */
gboolean rtsp_is_silent (Rtsp *self, guint ms);

G_END_DECLS
