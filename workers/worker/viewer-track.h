/* One track of a viewer: the frames that wait for it, and the payloader that takes them. Everything but
 * viewer_track_build() is to be called with the lock of its flow. */
#pragma once

#include "frame.h"

#include <gst/app/gstappsrc.h>
#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* What the tracks of one viewer share. */
typedef struct
{
  GMutex lock;
  GstClockTime base; /* the hub's time that is the viewer's 0; GST_CLOCK_TIME_NONE before the first frame */
  gboolean playing;
  gboolean paced;
  gboolean audio_only;
  gsize waiting_bytes;
  guint64 sent;
  gint64 progress_us; /* when a frame was taken last */
} ViewerFlow;

/* `time` of the hub as the viewer's. */
GstClockTime viewer_flow_time (const ViewerFlow *self, GstClockTime time);

typedef struct
{
  ViewerFlow *flow;
  Track *track;
  GstAppSrc *source;
  GstCaps *sent_caps;
  gboolean announced; /* its stream can be described */
  gboolean wanted;    /* the client has set it up */
  gboolean hungry;    /* the source waits for a frame */
  GQueue waiting;
} ViewerTrack;

/* `track`: (transfer full), with caps. */
ViewerTrack *viewer_track_new (ViewerFlow *flow, Track *track);
void viewer_track_free (ViewerTrack *self);

/* The bin of pipelines/pay-<encoding>.launch, under the name that gst-rtsp-server looks for: (transfer floating). */
GstElement *viewer_track_build (ViewerTrack *self, const char *pipelines, guint number, GError **error);

/* RTP can tell of new parameters of the same video encoding, but not of another encoding. */
gboolean viewer_track_can_follow (const ViewerTrack *self, const HubFrame *frame);
/* Sends the frame when it can be taken, and keeps it until then. */
void viewer_track_push (ViewerTrack *self, const HubFrame *frame);
void viewer_track_clear (ViewerTrack *self);
/* Begins to send, if the client wants it; `stream` may be NULL. */
void viewer_track_play (ViewerTrack *self, GstRTSPStream *stream);
/* Nothing is sent any more. */
void viewer_track_finish (ViewerTrack *self);
/* How long the oldest frame has waited; 0 when none does. */
gint64 viewer_track_age_us (const ViewerTrack *self);

G_END_DECLS
