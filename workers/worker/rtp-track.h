/* One medium as it comes in: checks its RTP packets, gives them their times and pushes them, many at once, out of a
 * pad; answers with receiver reports. For one thread. */
#pragma once

#include "rtp-clock.h"
#include "rtp-control.h"

G_BEGIN_DECLS

typedef struct _RtpTrack RtpTrack;

/* `index`: of the track in `clock`, which outlives it. `caps`: application/x-rtp, of the session description. */
RtpTrack *rtp_track_new (guint index, GstCaps *caps, RtpClock *clock);
void rtp_track_free (RtpTrack *self);

/* Where the packets come out: active, (transfer none). */
GstPad *rtp_track_pad (RtpTrack *self);
/* Once, when the pad is linked. */
void rtp_track_begin (RtpTrack *self);

guint rtp_track_ticks_per_second (RtpTrack *self);

/* Keeps a packet for rtp_track_push(); what is not of this track is dropped. */
void rtp_track_take (RtpTrack *self, const guint8 *bytes, gsize size, gint64 arrived_us);
/* Takes an RTCP packet; TRUE when the sender says that it is done. */
gboolean rtp_track_take_control (RtpTrack *self, const guint8 *bytes, gsize size, gint64 arrived_us);

/* Whether something was taken that is not pushed yet. */
gboolean rtp_track_has_packets (RtpTrack *self);
/* Pushes what was taken. */
void rtp_track_push (RtpTrack *self);

/* The next report, which is due at once, asks for a keyframe. */
void rtp_track_request_keyframe (RtpTrack *self);
/* Writes the receiver report that is due at `now_us`; 0 when none is. */
gsize rtp_track_report (RtpTrack *self, guint8 bytes[RTP_CONTROL_MAX_SIZE], gint64 now_us);

/* Packets that never came since this was last asked. */
guint64 rtp_track_take_lost (RtpTrack *self);

G_END_DECLS
