/* One track of a viewer: the frames that wait for it, and the payloader that takes them. Everything but
 * viewer_track_build() is to be called with the lock of its flow. */
#pragma once

#include "viewer-gate.h"

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
  guint64 sent_bytes;
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
  gint64 owed_us;      /* when the oldest frame was due that was taken out of `waiting`; 0: it has taken one since */
  gint64 due_us;       /* when the newest frame is due */
  GstClockTime newest; /* its DTS */
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
/* The viewer fell to another rung: takes out what it is not to get any more. */
void viewer_track_thin_out (ViewerTrack *self, ViewerGate *gate);
/* How long it has not taken a frame that was due; 0 when it has taken all. Frames that came at once, like the GOP it
 * begins with, are due one after the other, at twice their pace: a burst of the source is not the viewer's fault. */
gint64 viewer_track_late_us (const ViewerTrack *self);

G_END_DECLS
