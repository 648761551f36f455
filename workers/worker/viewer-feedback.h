/* RTCP between a viewer and its media: what the receiver reports, the keyframes it asks for, and the first report to
 * it.
 */
#pragma once

#include "viewer.h"

G_BEGIN_DECLS

/* To be called once the media is prepared; lives as long as its RTP sessions. The first report, which tells the time of
 * the picture, is sent within half a second of PLAY, and not within three. */
void viewer_feedback_watch (Viewer *viewer, GstRTSPMedia *media);
/* Instead of that, where all listen to one media: nothing is taken from them, and whoever comes learns the time soon.
 */
void viewer_feedback_tell_group (GstRTSPMedia *media);

G_END_DECLS
