/* Which file a frame of sound goes into, by its timestamp: sound comes a little before or after the picture of the same
 * moment, so what is ahead of the picture waits here, and the file before the present one waits for the rest of its
 * sound. */
#pragma once

#include "recording-status.h"

G_BEGIN_DECLS

typedef struct
{
  RecordingStatus *status; /* borrowed */
  GQueue early;            /* HubFrame */
  Segment *beside;         /* borrowed, or NULL: gets what the current one gets, and nobody counts it */
  Segment *former;         /* borrowed, or NULL */
  const char *former_reason;
  gint64 former_until_us;
} RecordingSound;

void recording_sound_init (RecordingSound *self, RecordingStatus *status);
void recording_sound_forget (RecordingSound *self);

void recording_sound_take (RecordingSound *self, const HubFrame *frame);
/* Passes on to `current` (NULL: only to `beside`) what is before `until` or has waited for the picture long enough. */
void recording_sound_pass (RecordingSound *self, Segment *current, GstClockTime until);
/* `former` is to be finished with `reason` when its sound has come. */
void recording_sound_await (RecordingSound *self, Segment *former, const char *reason);
/* Finishes it now, if there is one. */
void recording_sound_end_former (RecordingSound *self);
/* The same once it has waited long enough. */
void recording_sound_end_former_if_due (RecordingSound *self);

/* Pushes and counts, to `beside` too; `counts` as frame_counts() has it. */
void recording_sound_push (RecordingSound *self, Segment *segment, const HubFrame *frame, gboolean counts);

G_END_DECLS
