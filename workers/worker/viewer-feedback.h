/* RTCP between a viewer and its media: what the receiver reports, the keyframes it asks for, and the first report to
 * it.
 */
#pragma once

#include "viewer.h"

G_BEGIN_DECLS

/* To be called once the media is prepared; lives as long as its RTP sessions. */
void viewer_feedback_watch (Viewer *viewer, GstRTSPMedia *media);
/* Has the sender reports that tell the time of the picture sent at once instead of seconds later: to be called when
 * packets have been sent. */
void viewer_feedback_report_early (GstRTSPMedia *media);

G_END_DECLS
