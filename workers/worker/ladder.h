/* How much of a stream a viewer gets whose line or program is too slow for all of it: the rungs, and when it goes down
 * or up one. A judgement only: numbers and the time go in, and nothing is looked at. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LADDER_ALL,       /* every frame */
  LADDER_REFERENCE, /* without those that no other frame needs; of MJPEG every second one */
  LADDER_KEYFRAMES,
  LADDER_SKIPPING, /* nothing, up to the next keyframe for which there is room */
} LadderRung;

/* As in `dslrs viewers`: all, reference, keyframes, skipping. */
const char *ladder_rung_name (LadderRung rung);

G_END_DECLS
