/* The recorder's place at the hub: what comes from there goes to the inbox. For any thread. */
#pragma once

#include "recording-inbox.h"

G_BEGIN_DECLS

typedef struct
{
  Hub *hub;
  RecordingInbox *inbox;
  GMutex lock;
  guint sink; /* 0 once it has left the hub */
} RecordingTap;

/* Both borrowed; the hub may be gone after recording_tap_leave(). `tracks`: as of hub_attach(). */
void recording_tap_join (RecordingTap *self, Hub *hub, RecordingInbox *inbox, GPtrArray **tracks);
void recording_tap_leave (RecordingTap *self);
void recording_tap_clear (RecordingTap *self);

void recording_tap_request_keyframe (RecordingTap *self);

G_END_DECLS
