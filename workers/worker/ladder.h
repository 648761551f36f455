/* How much of a stream a viewer gets whose line or program is too slow for all of it: on which rung it stands, and when
 * it goes down or up one. A judgement only: numbers and the time go in, and nothing is looked at.
 *
 * Down it goes when frames wait for too long, or when its receiver reports tell of losses. Up again, one rung at a
 * time, when nothing waited for a while; the while doubles each time that it was too early, and time without frames
 * does not count: it proves nothing.
 *
 * Where the stream has a substream, a second source of smaller pictures, a viewer below all frames changes over to it
 * and has the same rungs there. From its top rung the way up leads back to the stream. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LADDER_ALL,       /* every frame */
  LADDER_REFERENCE, /* without those that no other frame needs; of MJPEG every second one */
  LADDER_KEYFRAMES, /* at most two a second */
  LADDER_SKIPPING,  /* nothing, up to a keyframe that finds room */
} LadderRung;

/* As in `dslrs viewers`: all, reference, keyframes, skipping. */
const char *ladder_rung_name (LadderRung rung);

typedef struct
{
  LadderRung rung;
  gboolean substream; /* of which the rung is; else of the stream itself */
  /* The rest is ladder.c's; all zero is a viewer who just came. */
  gboolean climbed;  /* to this rung, not fallen */
  gboolean reports;  /* it sends receiver reports */
  gint64 since_us;   /* when it came to this rung */
  gint64 taken_us;   /* when it came to the substream */
  gint64 judged_us;  /* the last time */
  gint64 good_us;    /* how much time has proved the line good */
  gint64 needed_us;  /* how much of that takes it up */
  gboolean is_lossy; /* by its last reports */
  guint64 expected;  /* packets, by reports too small to say that */
  gint64 lost;       /* of these */
} Ladder;

/* Of the time at which a frame comes for the viewer. */
typedef struct
{
  gint64 now_us;
  gint64 late_us; /* how long the oldest frame is overdue that it has not taken */
  gboolean full;  /* no more may wait */
} LadderQueue;

/* What a receiver report says of the packets since the one before. */
typedef struct
{
  gint64 now_us;
  guint64 expected; /* packets */
  gint64 lost;      /* of these; below 0 when some came twice */
  gint64 jitter_us;
} LadderReport;

/* The state that follows. */
Ladder ladder_after_frame (Ladder self, const LadderQueue *queue);
Ladder ladder_after_report (Ladder self, const LadderReport *report);

/* A keyframe of the substream is there for it: every frame of that from now on. What is late by then is not the
 * substream's fault. */
Ladder ladder_take_substream (Ladder self, gint64 now_us);
/* Whether the substream has proved that the line may bear the stream. */
gboolean ladder_may_leave_substream (const Ladder *self);
Ladder ladder_leave_substream (Ladder self, gint64 now_us);
/* The substream ended: less than all of the stream, since that was too much. */
Ladder ladder_lose_substream (Ladder self, gint64 now_us);

G_END_DECLS
