/* Shared by viewer.c, viewer-still.c and viewer-substream.c. Everything is to be called with the lock of the flow,
 * where nothing else is said. */
#pragma once

#include "viewer-track.h"
#include "viewer.h"

G_BEGIN_DECLS

struct _Viewer
{
  Hub *hub;
  Substream *substream; /* NULL: there is never one */
  const char *pipelines;
  guint sink;
  ViewerOver over;
  gpointer user_data;

  ViewerFlow flow;     /* its lock is for what follows, too */
  GPtrArray *tracks;   /* ViewerTrack */
  GstClockTime start;  /* PTS of the first picture: there is no sound before it */
  GstClockTime latest; /* PTS of the latest picture */
  GstClockTime still;  /* PTS of the latest still, or GST_CLOCK_TIME_NONE */
  guint64 life;        /* of the hub that the picture is from */
  gboolean is_over;
  ViewerGate gate;
  double loss; /* by the last receiver report */

  gboolean wants_substream;
  guint substream_sink; /* at its hub */
  gboolean changed;     /* the picture is from the other hub now, from its first keyframe on */
  GstClockTime shift;   /* by which pictures of the present hub come later */
};

/* ---- viewer.c ---- */

void viewer_begin_at (Viewer *self, const HubFrame *frame);
/* Without asking whether it is for the viewer. */
void viewer_pass_on (Viewer *self, ViewerTrack *track, const HubFrame *frame);
/* For it on its present rung, or not. */
void viewer_take_frame (Viewer *self, ViewerTrack *track, const HubFrame *frame);

/* ---- viewer-still.c ---- */

/* Without the lock. */
void viewer_begin_with_still (Viewer *self, const HubFrame *still);

/* ---- viewer-substream.c ---- */

/* Whether this picture of the stream is one that the viewer may have now, and not one of the substream: changes over to
 * the stream where it is time. */
gboolean viewer_picture_is_due (Viewer *self, const HubFrame *frame);
/* After a change of hubs time goes on: the frame at a later time, (transfer full), or NULL when it is right. */
HubFrame *viewer_picture_in_time (Viewer *self, const ViewerTrack *track, const HubFrame *frame);
/* Asks for it, or lets it go, by the rung on which the viewer stands. */
void viewer_look_for_substream (Viewer *self);
/* The stream it is again, from its next keyframe on. */
void viewer_lose_substream (Viewer *self);
/* Without the lock. */
void viewer_leave_substream (Viewer *self);

G_END_DECLS
