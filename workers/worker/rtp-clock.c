#include "rtp-clock.h"

/* Room for a clock that is set back. */
#define ORIGIN (24 * 60 * 60 * (gint64)GST_SECOND)
/* A first packet further from the announced time stamp shows that the server just made one up. */
#define MAX_START_ERROR (2 * (gint64)GST_SECOND)
/* Tracks that seem to be further apart have clocks that tell nothing. */
#define MAX_CORRECTION (3 * (gint64)GST_SECOND)
/* Less is neither heard nor seen, and reports are not more exact: not worth a step in the times. */
#define FIRST_TOLERANCE (5 * (gint64)GST_MSECOND)
#define TOLERANCE (40 * (gint64)GST_MSECOND)

typedef struct
{
  guint rate;
  gboolean has_start; /* named by the server */
  guint32 start;

  gboolean started;
  gint64 base; /* extended time stamp that is at `offset` */
  gint64 offset;
  gint64 last; /* extended time stamp */
  gint64 last_time;
  gint64 last_arrived_us;
  gboolean resumes; /* after another sender */

  gboolean has_report;
  guint64 ntp_time;
  guint32 report_time;
  gboolean aligned;
} Track;

struct _RtpClock
{
  GArray *tracks;
  guint reference;
  gint64 began_us; /* arrival of the first packet */
};

RtpClock *
rtp_clock_new (guint reference)
{
  RtpClock *self = g_new0 (RtpClock, 1);

  self->tracks = g_array_new (FALSE, TRUE, sizeof (Track));
  self->reference = reference;
  return self;
}

void
rtp_clock_free (RtpClock *self)
{
  g_array_unref (self->tracks);
  g_free (self);
}

static Track *
track_at (RtpClock *self, guint index)
{
  return &g_array_index (self->tracks, Track, index);
}

void
rtp_clock_add_track (RtpClock *self, guint ticks_per_second)
{
  const Track track = { .rate = ticks_per_second };

  g_array_append_val (self->tracks, track);
}

void
rtp_clock_set_start (RtpClock *self, guint index, guint32 rtp_time)
{
  Track *track = track_at (self, index);

  track->has_start = TRUE;
  track->start = rtp_time;
}

static gint64
ticks_to_time (const Track *track, gint64 ticks)
{
  return ticks >= 0 ? (gint64)gst_util_uint64_scale ((guint64)ticks, GST_SECOND, track->rate)
                    : -(gint64)gst_util_uint64_scale ((guint64)-ticks, GST_SECOND, track->rate);
}

/* The nearest to the last one: time stamps wrap at 32 bits, and step back where frames are reordered. */
static gint64
extend (const Track *track, guint32 rtp_time)
{
  return track->last + (gint32)(rtp_time - (guint32)track->last);
}

static gint64
time_at (const Track *track, guint32 rtp_time)
{
  return track->offset + ticks_to_time (track, extend (track, rtp_time) - track->base);
}

static gboolean
all_have_starts (RtpClock *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (!track_at (self, i)->has_start)
      return FALSE;
  return TRUE;
}

static gint64
first_time (RtpClock *self, const Track *track, guint32 rtp_time, gint64 arrived_us)
{
  if (track->resumes)
    return track->last_time + (arrived_us - track->last_arrived_us) * GST_USECOND;
  gint64 since_start = ticks_to_time (track, (gint32)(rtp_time - track->start));
  if (all_have_starts (self) && ABS (since_start) <= MAX_START_ERROR)
    return ORIGIN + since_start;
  return ORIGIN + (arrived_us - self->began_us) * GST_USECOND;
}

static gint64
ntp_difference (guint64 later, guint64 earlier)
{
  return later >= earlier ? (gint64)gst_util_uint64_scale (later - earlier, GST_SECOND, G_GUINT64_CONSTANT (1) << 32)
                          : -(gint64)gst_util_uint64_scale (earlier - later, GST_SECOND, G_GUINT64_CONSTANT (1) << 32);
}

static void
align (RtpClock *self, Track *track)
{
  const Track *reference = track_at (self, self->reference);

  if (track == reference || !track->started || !track->has_report || !reference->started || !reference->has_report)
    return;
  gint64 wanted = time_at (reference, reference->report_time) + ntp_difference (track->ntp_time, reference->ntp_time);
  gint64 error = wanted - time_at (track, track->report_time);
  gint64 tolerance = track->aligned ? TOLERANCE : FIRST_TOLERANCE;
  track->aligned = TRUE;
  if (ABS (error) > tolerance && ABS (error) <= MAX_CORRECTION)
    track->offset += error;
}

static void
align_all (RtpClock *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    align (self, track_at (self, i));
}

GstClockTime
rtp_clock_time (RtpClock *self, guint index, guint32 rtp_time, gint64 arrived_us)
{
  Track *track = track_at (self, index);

  if (self->began_us == 0)
    self->began_us = arrived_us;
  if (!track->started) {
    track->offset = first_time (self, track, rtp_time, arrived_us);
    track->base = track->last = rtp_time;
    track->started = TRUE;
    align_all (self);
  }
  gint64 time = time_at (track, rtp_time);
  track->last = extend (track, rtp_time);
  track->last_time = time;
  track->last_arrived_us = arrived_us;
  return (GstClockTime)MAX (time, 0);
}

void
rtp_clock_report (RtpClock *self, guint index, guint64 ntp_time, guint32 rtp_time)
{
  Track *track = track_at (self, index);

  if (ntp_time == 0)
    return;
  track->has_report = TRUE;
  track->ntp_time = ntp_time;
  track->report_time = rtp_time;
  if (index == self->reference)
    align_all (self);
  else
    align (self, track);
}

void
rtp_clock_restart (RtpClock *self, guint index)
{
  Track *track = track_at (self, index);

  track->resumes = track->started;
  track->started = FALSE;
  track->has_report = FALSE;
  track->aligned = FALSE;
}
