/* When a file is full. Everything is measured with the frame that is to be written next. */
#pragma once

#include "frame.h"
#include "segment.h"

G_BEGIN_DECLS

typedef struct
{
  GstClockTime every; /* 0: no limit */
  gboolean align;     /* files begin at the multiples of `every` on the wall clock, UTC */
  guint64 bytes;      /* 0: no limit */
} RecordingLimits;

typedef struct
{
  GstClockTime age;      /* by timestamps */
  GstClockTime real_age; /* by the arrival of frames */
  gint64 started_ms;     /* since 1970, as the wall clock is set */
  gint64 present_ms;
  guint64 bytes;
} RecordingExtent;

RecordingExtent recording_extent (Segment *segment, const HubFrame *next);

/* Why a file should end at the next keyframe, as in segmentClosed: static, or NULL. */
const char *recording_limits_reached (const RecordingLimits *self, const RecordingExtent *extent);
/* Whether that may be so within a second. */
gboolean recording_limits_near (const RecordingLimits *self, const RecordingExtent *extent);
/* Twice a limit: it has to end, keyframe or not. */
gboolean recording_limits_exceeded (const RecordingLimits *self, const RecordingExtent *extent);

G_END_DECLS
