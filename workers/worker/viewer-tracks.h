/* The tracks of one viewer together. */
#pragma once

#include "viewer-track.h"

G_BEGIN_DECLS

/* Index of the video of a stream that has not sent any yet. */
#define ANY_VIDEO G_MAXUINT

/* What a viewer is promised when it asks: the tracks of the stream, or the still's where they are not known. `still`
 * may be NULL: (transfer full) (element-type Track). */
GPtrArray *viewer_tracks_to_show (Hub *hub, const HubFrame *still);

/* Of `tracks` (element-type ViewerTrack), with the lock of their flow. The video, or NULL. */
ViewerTrack *viewer_tracks_video (GPtrArray *tracks);
/* The one that the frame is of, or NULL. */
ViewerTrack *viewer_tracks_find (GPtrArray *tracks, const HubFrame *frame);
/* The latest one's lateness. */
gint64 viewer_tracks_late_us (GPtrArray *tracks);
void viewer_tracks_clear (GPtrArray *tracks);

G_END_DECLS
