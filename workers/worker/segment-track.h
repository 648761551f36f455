/* One track of a recorded file: its pad of the muxer, its feed, and its place in the file's time. */
#pragma once

#include "feed.h"
#include "frame.h"

G_BEGIN_DECLS

typedef struct
{
  guint index;
  Media media;
  GstPad *pad; /* of the muxer */
  Feed *feed;
  GstClockTime last_dts;
  gboolean started;
} SegmentTrack;

/* Asks the muxer for a pad. FALSE with `error` when it has none for that format; `container` names it there. */
gboolean segment_track_init (SegmentTrack *self, GstElement *muxer, const Track *track, const char *container,
                             GError **error);
/* May block as long as the muxer's pad does. */
void segment_track_clear (SegmentTrack *self);

/* The frame at the file's time, whose 0 is `base` on the hub's clock: (transfer full). */
GstBuffer *segment_track_retime (SegmentTrack *self, const HubFrame *frame, GstClockTime base);

G_END_DECLS
