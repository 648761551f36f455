#include "timeline.h"
#include "dts.h"
#include "hub.h"

#include <string.h>

/* A source's clock that leaps further than this ahead of the wall clock, or so far back, is taken to have been set
 * anew. */
#define LEAP_FORWARD (5 * GST_SECOND)
#define LEAP_BACK (1 * GST_SECOND)
/* The tracks of a source share a clock: one whose times are further from the present than this has another. */
#define OTHER_CLOCK (5 * GST_SECOND)
/* What begins with older frames runs ahead of the present by the rest. */
#define MAX_BACKLOG (OTHER_CLOCK - GST_SECOND)
/* More frames in a row than any reordering explains. */
#define MAX_STUCK 25
/* Times beyond are nonsense, and would overflow. */
#define MAX_TIME (G_MAXINT64 / 4)

#define DEFAULT_INTERVAL (40 * GST_MSECOND)
/* Reordering assumed of a codec that can have it until the stream shows otherwise. */
#define ASSUMED_REORDERING 2

typedef struct
{
  DtsGuess guess;
  gboolean started; /* in this life */
  gint64 last_in;   /* source time of the last frame */
  gint64 highest;   /* source time, since the clock was last set */
  guint stuck;      /* frames since then that were not later */
  guint risen;      /* of them, those that were at least later than the one before */
  gint64 shift;     /* for a track whose clock is not that of the others */
  gint64 last_dts;  /* on our clock, over all lives */
  gint64 end;       /* latest end of any of its frames so far */
  gint64 interval;
  GstClockTime last_now;
} TrackTime;

struct _Timeline
{
  GArray *tracks;
  gboolean anchored;
  gboolean by_arrival; /* the source's times are not used */
  gint64 offset;
  gint64 backlog; /* how old the first frame of the life is */
  gint64 end;     /* latest end of any frame so far */
};

Timeline *
timeline_new (void)
{
  Timeline *self = g_new0 (Timeline, 1);

  self->tracks = g_array_new (FALSE, TRUE, sizeof (TrackTime));
  return self;
}

void
timeline_free (Timeline *self)
{
  g_array_unref (self->tracks);
  g_free (self);
}

void
timeline_begin_life (Timeline *self, guint n_tracks, GstClockTime backlog)
{
  g_array_set_size (self->tracks, MAX (self->tracks->len, n_tracks));
  for (guint i = 0; i < self->tracks->len; i++) {
    TrackTime *track = &g_array_index (self->tracks, TrackTime, i);
    track->started = FALSE;
    track->shift = 0;
  }
  self->anchored = FALSE;
  self->by_arrival = FALSE;
  self->backlog = (gint64)MIN (backlog, MAX_BACKLOG);
}

static gboolean
can_reorder (GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *profile = gst_structure_get_string (structure, "profile");

  if (gst_structure_has_name (structure, "video/x-h265"))
    return TRUE;
  return gst_structure_has_name (structure, "video/x-h264")
         && (profile == NULL || strstr (profile, "baseline") == NULL);
}

static gboolean
is_audio (GstCaps *caps)
{
  return g_str_has_prefix (gst_structure_get_name (gst_caps_get_structure (caps, 0)), "audio/");
}

/* When the first RTCP report corrects the sound against the picture by some milliseconds, the sound steps back once. It
 * catches up at twice its pace, instead of piling up on one instant; and so does what arrives in bursts. */
static gint64
least_step (const Timeline *self, const TrackTime *track, GstCaps *caps)
{
  return is_audio (caps) || self->by_arrival ? MAX (track->interval / 2, 1) : 1;
}

static gint64
usual_interval (GstCaps *caps, GstBuffer *buffer)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint num = 0;
  gint den = 0;

  if (GST_BUFFER_DURATION_IS_VALID (buffer) && GST_BUFFER_DURATION (buffer) > 0)
    return (gint64)GST_BUFFER_DURATION (buffer);
  if (gst_structure_get_fraction (structure, "framerate", &num, &den) && num > 0 && den > 0)
    return (gint64)gst_util_uint64_scale (GST_SECOND, den, num);
  return DEFAULT_INTERVAL;
}

static gboolean
is_present (const Timeline *self, gint64 in, GstClockTime now)
{
  return ABS (in + self->offset - (gint64)now) <= (gint64)OTHER_CLOCK;
}

static void
start_track (Timeline *self, TrackTime *track, GstCaps *caps, GstBuffer *buffer, gint64 in, GstClockTime now)
{
  track->started = TRUE;
  track->interval = usual_interval (caps, buffer);
  track->highest = in;
  track->stuck = 0;
  track->risen = 0;
  track->shift = is_present (self, in, now) ? 0 : (gint64)now - self->offset - in;
  dts_reset (&track->guess, can_reorder (caps) ? ASSUMED_REORDERING : 0);
}

/* Forward, both the last step and the whole time since the anchor must say so: after a pause in the network late frames
 * and gaps come in any order, and a slow drift is no leap. */
static gboolean
leapt (const Timeline *self, const TrackTime *track, gint64 in, GstClockTime now)
{
  gint64 step = in - track->last_in;
  gint64 waited = (gint64)(now - track->last_now);
  gint64 ahead = in + self->offset + track->shift - (gint64)now;

  return (step > waited + (gint64)LEAP_FORWARD && ahead > (gint64)LEAP_FORWARD) || step < -(gint64)LEAP_BACK;
}

/* From here on source time `in` is the present, or `end`, where what went before ended, if that lies later. The other
 * tracks go on as they did, until their times leap as well. */
static void
anchor (Timeline *self, gint64 in, gint64 end, GstClockTime now)
{
  gint64 former = self->offset;
  gint64 present = (gint64)now - (self->anchored ? 0 : self->backlog);

  self->offset = MAX (end, present) - in;
  for (guint i = 0; self->anchored && i < self->tracks->len; i++)
    g_array_index (self->tracks, TrackTime, i).shift += former - self->offset;
  self->anchored = TRUE;
}

static void
note_progress (TrackTime *track, gint64 in, gboolean missing)
{
  if (in > track->highest && !missing) {
    track->highest = in;
    track->stuck = 0;
    track->risen = 0;
  } else {
    track->stuck++;
    track->risen += in > track->last_in && !missing;
  }
}

/* Times that rise, but from an earlier point: the clock was set back by less than LEAP_BACK. */
static gboolean
goes_on_below (const TrackTime *track)
{
  return track->risen > track->stuck / 3;
}

/* Decides which clock the track is on. `in` is the time of a frame that is `missing` one when it was made up. */
static TimesNews
judge (Timeline *self, TrackTime *track, GstCaps *caps, gint64 in, gboolean missing, GstClockTime now, gint64 *leap)
{
  if (!self->anchored) {
    anchor (self, in, self->end, now);
    return TIMES_FINE;
  }
  if (!track->started || self->by_arrival)
    return TIMES_FINE;

  note_progress (track, in, missing);
  *leap = in - track->last_in;
  gboolean stuck = track->stuck > MAX_STUCK;
  if (leapt (self, track, in, now)) {
    track->started = FALSE;
    if (is_present (self, in, now))
      return TIMES_FINE;
  } else if (stuck && goes_on_below (track)) {
    /* Sound catches up by itself. */
    track->started = is_audio (caps);
    track->stuck = 0;
    track->risen = 0;
    *leap = in - track->highest;
  } else if (stuck) {
    self->by_arrival = TRUE;
    return TIMES_USELESS;
  }
  if (track->started)
    return TIMES_FINE;
  anchor (self, in, track->end, now);
  return TIMES_LEAPT;
}

static gint64
sane (gint64 time)
{
  return time > MAX_TIME || time < -MAX_TIME ? HUB_NO_TIME : time;
}

TimesNews
timeline_stamp (Timeline *self, guint index, GstCaps *caps, GstBuffer *buffer, gint64 pts, gint64 dts, GstClockTime now,
                gint64 *leap)
{
  TrackTime *track = &g_array_index (self->tracks, TrackTime, index);

  pts = sane (pts);
  dts = sane (dts);
  gboolean missing = pts == HUB_NO_TIME && dts == HUB_NO_TIME;
  if (missing)
    pts = track->started ? track->last_in + track->interval : (gint64)now - (self->anchored ? self->offset : 0);
  else if (pts == HUB_NO_TIME)
    pts = dts;

  gint64 in = dts != HUB_NO_TIME ? dts : pts;
  TimesNews news = judge (self, track, caps, in, missing, now, leap);
  if (self->by_arrival) {
    in = (gint64)now - self->offset;
    pts = in;
    dts = in;
  }
  if (!track->started)
    start_track (self, track, caps, buffer, in, now);
  else if (!GST_BUFFER_DURATION_IS_VALID (buffer) && in > track->last_in && in - track->last_in < (gint64)GST_SECOND)
    track->interval = in - track->last_in;
  track->last_in = in;
  track->last_now = now;

  gint64 offset = self->offset + (self->by_arrival ? 0 : track->shift);
  gint64 out_pts = pts + offset;
  gint64 out_dts = out_pts;
  if (dts != HUB_NO_TIME)
    out_dts = dts + offset;
  else if (!is_audio (caps))
    out_dts = dts_next (&track->guess, out_pts, track->interval);
  out_dts = MAX (out_dts, track->last_dts + least_step (self, track, caps));
  track->last_dts = out_dts;
  out_pts = MAX (out_pts, is_audio (caps) || self->by_arrival ? out_dts : 0);

  GST_BUFFER_PTS (buffer) = (GstClockTime)out_pts;
  GST_BUFFER_DTS (buffer) = (GstClockTime)out_dts;
  if (!GST_BUFFER_DURATION_IS_VALID (buffer) || GST_BUFFER_DURATION (buffer) == 0)
    GST_BUFFER_DURATION (buffer) = (GstClockTime)track->interval;
  track->end = MAX (track->end, out_pts + (gint64)GST_BUFFER_DURATION (buffer));
  self->end = MAX (self->end, track->end);
  return news;
}
