/* The tracks that a viewer is promised when it asks: those of the stream, or the still's where they are not known. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

/* Index of the video of a stream that has not sent any yet. */
#define ANY_VIDEO G_MAXUINT

/* `still` may be NULL: (transfer full) (element-type Track). */
GPtrArray *viewer_tracks_to_show (Hub *hub, const HubFrame *still);

G_END_DECLS
