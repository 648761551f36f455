/* What the parts of hub.h share: hub.c is the ingest's side, hub-outputs.c the outputs'. */
#pragma once

#include "gop-ring.h"
#include "hub-sinks.h"
#include "hub.h"
#include "keyframe-requests.h"

G_BEGIN_DECLS

/* A life that waits for its first keyframe. */
typedef struct
{
  guint64 life;      /* 0: none */
  GPtrArray *tracks; /* NULL before it has begun */
  gboolean has_frames;
} Staged;

struct _Hub
{
  GMutex lock;
  gint64 start_us;
  guint64 life; /* 0: no ingest is up */
  gboolean has_frames;
  GPtrArray *tracks;
  Timeline *timeline;
  guint64 backlog_life;
  GstClockTime backlog; /* of that life */
  gint primary;         /* index of the track whose keyframes begin a GOP; -1 without video */
  Staged staged;
  Arrivals *arrivals;
  KeyframeRequests *requests;

  GopRing ring;

  HubSinks sinks;
  Readiness *readiness;
  HubTimesFunc times;
  gpointer times_user_data;
};

G_END_DECLS
