/* Finds damaged stretches in the frames of a file's leading video track: frames that are none, and time that is missing
 * because the demuxer has skipped something. The frames between the damage and the next keyframe are left out. */
#pragma once

#include "frame-check.h"

G_BEGIN_DECLS

#define DAMAGE_STEPS 16

typedef struct
{
  gboolean loses_frames; /* missing time means missing frames, not a pause: a keyframe is needed after it */

  gboolean has_lost; /* see damage_watch_lose() */
  gboolean skipping;
  gboolean is_damage;  /* damage, not only missing time */
  GstClockTime from;   /* where the newest stretch left out begins */
  guint64 from_byte;   /* and roughly where in the file */
  GstClockTime begin;  /* of the stretch that plays: pictures before it lack what they refer to */
  GstClockTime newest; /* of the frames let through */
  GstClockTime steps[DAMAGE_STEPS];
  guint n_steps;
} DamageWatch;

typedef enum
{
  DAMAGE_NONE,
  DAMAGE_BEGINS, /* leave out this frame, and all others of the file until DAMAGE_ENDS */
  DAMAGE_GOES_ON,
  DAMAGE_ENDS /* a stretch was left out: this frame begins another */
} DamageVerdict;

void damage_watch_init (DamageWatch *self, gboolean loses_frames);

/* The demuxer says that it has left something out. */
void damage_watch_lose (DamageWatch *self);
/* One frame of the leading track; `byte`: about where it lies in the file. */
DamageVerdict damage_watch_judge (DamageWatch *self, FrameHealth health, GstClockTime pts, guint64 byte);

G_END_DECLS
