/* The recorder at work: a thread that turns the hub's frames into files, one after the other (recording-files.h).
 *
 * When the disk can't keep up, frames are dropped and counted; the hub never waits. With a trigger, frames are only
 * kept until one comes (recording-event.h). */
#pragma once

#include "output.h"
#include "recording-files.h"

G_BEGIN_DECLS

typedef struct _Recording Recording;

/* `settings`: (transfer full). */
Recording *recording_new (const OutputContext *context, const char *id, RecordingSettings *settings);
/* Without effect on files from here on; a disk that hangs does not hold it up. */
void recording_free (Recording *self);

/* Limits apply at once, another format or place at the next keyframe. (transfer full) */
void recording_change (Recording *self, RecordingSettings *settings);
void recording_rotate (Recording *self);
/* As Output's `trigger`; only where the settings have one. */
void recording_trigger (Recording *self, gint64 for_us, gint64 pre_us);
/* Ends the current file; `stopped` is called on the main thread when all are finished. */
void recording_stop (Recording *self, GSourceFunc stopped, gpointer user_data);
void recording_get_stats (Recording *self, RecordingStats *stats);

G_END_DECLS
