/* One RTSP viewer: takes frames from the hub and feeds them to payloaders of its own.
 *
 * It begins with the GOP in the hub's ring, so that the first picture is there at once. Before PLAY it keeps the newest
 * GOP only. What a viewer does not take waits in a bounded queue; one that is too slow gets less (ladder.h), and is
 * ended when it takes nothing for too long. Nobody else notices. Where the stream has a substream, such a viewer gets
 * its picture from there, from one keyframe to another; sound is always the stream's.
 *
 * While its source is away it is shown stills; the next thing after a still is a keyframe that is later. */
#pragma once

#include "hub.h"
#include "ladder.h"
#include "substream.h"

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

typedef struct _Viewer Viewer; /* counted references */

typedef struct
{
  guint64 frames_sent;
  guint64 frames_dropped;
  guint64 bytes_sent;  /* of media, without headers */
  gsize waiting_bytes; /* that it has not taken yet */
  gboolean playing;
  LadderRung rung;
  gboolean substream; /* of which the rung is */
  double loss;        /* of the packets it was sent lately, as it says itself: 0 to 1; 0 over TCP */
} ViewerCounts;

/* `over` is called once, on any thread, when the viewer can't go on: the encoding changed. */
typedef void (*ViewerOver) (Viewer *viewer, gpointer user_data);

typedef struct
{
  Hub *hub;
  Substream *substream; /* NULL: there is never one */
  const char *pipelines;
  const HubFrame *still; /* to begin with, instead of what is in the ring: NULL unless the source is away */
  ViewerOver over;
  gpointer user_data;
} ViewerSettings;

/* Joins the hub. NULL with `error` when there is nothing to show. */
Viewer *viewer_new (const ViewerSettings *settings, GError **error);
Viewer *viewer_ref (Viewer *self);
void viewer_unref (Viewer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Viewer, viewer_unref)

/* A bin with one payloader a track, named as gst-rtsp-server wants them: (transfer floating). To be called once. */
GstElement *viewer_build (Viewer *self, GError **error);
/* Running time of the pipeline that the bin goes into, so that the time in its RTCP reports is the time of capture. */
GstClockTime viewer_running_time (Viewer *self);

/* Begins to send on the streams of `media` that were set up. */
void viewer_play (Viewer *self, GstRTSPMedia *media);
void viewer_pause (Viewer *self);
/* What has waited is not sent all at once: over UDP it would be more than a receiver's socket buffer holds. */
void viewer_set_paced (Viewer *self);
/* A keyframe stamped with the present. Nothing happens where it comes too late or has another encoding. */
void viewer_show_still (Viewer *self, const HubFrame *still);
/* Leaves the hub. */
void viewer_leave (Viewer *self);
/* The same, and tells its client by RTCP that the stream has ended (BYE); what waited is not sent any more. */
void viewer_finish (Viewer *self);

/* It has lost something. On the main thread, which is the one that frees the hub. */
void viewer_request_keyframe (Viewer *self);
/* What it said of the packets on their way. */
void viewer_take_report (Viewer *self, const LadderReport *report);
/* TRUE when it has taken nothing for so long, though there was something for it. */
gboolean viewer_is_stalled (Viewer *self, gint64 limit_us);
/* It sends nothing any more. */
gboolean viewer_is_over (Viewer *self);
void viewer_get_counts (Viewer *self, ViewerCounts *counts);

G_END_DECLS
