/* The times of RTP packets on one time line for all tracks of a life: the camera's own steps, to the tick. Tracks start
 * together by the time stamps that the server named in its answer to PLAY, else by arrival; sender reports then put
 * them right against each other. The reference track is never moved. For one thread. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _RtpClock RtpClock;

/* `reference`: index of the track that the others follow. */
RtpClock *rtp_clock_new (guint reference);
void rtp_clock_free (RtpClock *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtpClock, rtp_clock_free)

/* Tracks are numbered in the order of adding. */
void rtp_clock_add_track (RtpClock *self, guint ticks_per_second);

/* The time stamp that the track is said to begin with. */
void rtp_clock_set_start (RtpClock *self, guint track, guint32 rtp_time);

/* Time of a packet that arrived at `arrived_us` (monotonic). */
GstClockTime rtp_clock_time (RtpClock *self, guint track, guint32 rtp_time, gint64 arrived_us);

/* A sender report: `rtp_time` was at `ntp_time` (RFC 3550, 6.4.1) of the camera. */
void rtp_clock_report (RtpClock *self, guint track, guint64 ntp_time, guint32 rtp_time);

/* The track's next packet has another sender, with time stamps of its own. */
void rtp_clock_restart (RtpClock *self, guint track);

G_END_DECLS
