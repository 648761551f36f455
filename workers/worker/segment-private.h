/* What the parts of segment.h share: segment-open.c makes the file and its pipeline,
 * segment-end.c ends it, segment.c has all between. */
#pragma once

#include "segment-track.h"
#include "segment.h"

#include <stdatomic.h>

G_BEGIN_DECLS

typedef enum
{
  NOT_ENDED,
  ENDED_WHOLE,
  ENDED_BROKEN
} EndedHow;

struct _Segment
{
  const Container *container;
  SegmentFile *file;
  GstElement *pipeline;
  GArray *tracks; /* SegmentTrack */
  gboolean audio_only;

  GstClockTime start;
  gint64 arrived_us;
  gint64 started_ms;
  GstClockTime base; /* the hub's time that is 0 in the file */
  GstClockTime end;
  guint64 frames;
  guint64 keyframes;
  guint64 media_bytes;
  GStrv encodings;
  gboolean continues;
  gboolean unwanted;
  const char *reason; /* never NULL */
  gboolean finishing; /* by segment_finish() */
  gint writes;        /* atomic: begun */
  _Atomic guint64 frames_safe;

  SegmentEnded ended;
  gpointer user_data;
  gint ended_how; /* atomic; an EndedHow */
};

/* The first end counts. `failure`: (transfer full). */
void segment_end (Segment *self, JsonNode *failure);

G_END_DECLS
