/* Which media of a session description are taken, as tracks of the hub. */
#pragma once

#include "hub.h"
#include "reporter.h"

#include <gst/sdp/gstsdpmessage.h>

G_BEGIN_DECLS

#define RTSP_NOT_TAKEN (-1)

typedef struct
{
  GArray *tracks;    /* Track */
  GPtrArray *chains; /* of the tracks: suffixes of their pipelines/track-<chain>.launch */
  GPtrArray *caps;   /* of the tracks: application/x-rtp */
  GArray *by_media;  /* gint: track of the nth medium of the description, or RTSP_NOT_TAKEN */
} RtspTracks;

void rtsp_tracks_init (RtspTracks *self);
void rtsp_tracks_clear (RtspTracks *self);

/* Replaces what was chosen before. NULL, or a failure of docs/worker-protocol.md when nothing can be taken:
 * (transfer full) */
JsonNode *rtsp_tracks_choose (RtspTracks *self, const GstSDPMessage *sdp, Reporter *reporter);

/* The first video track; without video the first track. */
guint rtsp_tracks_reference (const RtspTracks *self);

/* RTSP_NOT_TAKEN also for a medium that is not there. */
gint rtsp_tracks_of_media (const RtspTracks *self, guint media);

G_END_DECLS
