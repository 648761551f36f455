/* A keyframe made into a still: a picture that may follow itself. */
#pragma once

#include "frame.h"

G_BEGIN_DECLS

/* At `time` of the hub's clock: (transfer full). */
HubFrame *still_new (const HubFrame *keyframe, GstClockTime time);

G_END_DECLS
