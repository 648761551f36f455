/* What a recorder says of itself: reports, warnings and counters. For any thread. */
#pragma once

#include "output-report.h"
#include "segment.h"

G_BEGIN_DECLS

typedef struct _RecordingStatus RecordingStatus;

typedef struct
{
  const char *state; /* up, waiting, degraded */
  JsonNode *failure; /* while degraded, or NULL: (transfer full) */
  gint64 since_ms;   /* while degraded */
  char *path;        /* of the file being written, or NULL: (transfer full) */
  char *root;        /* the same */
  guint64 pre_bytes;
  guint64 frames;
  guint64 bytes;
  guint64 segments;
  guint64 frames_dropped;
} RecordingStats;

RecordingStatus *recording_status_new (Reporter *reporter, const char *id);
void recording_status_free (RecordingStatus *self);
/* Nothing is reported any more. */
void recording_status_mute (RecordingStatus *self);

/* Not all that comes is recorded, or not where it should be. Reported where it was not for the same failure already:
 * (transfer full). */
void recording_status_degraded (RecordingStatus *self, JsonNode *failure);
/* All is well. */
void recording_status_up (RecordingStatus *self);
/* Nothing is to be recorded. */
void recording_status_idle (RecordingStatus *self);
void recording_status_warn (RecordingStatus *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The file has taken data. */
void recording_status_opened (RecordingStatus *self, Segment *segment, const char *root);
/* Nothing is said of a file that took no data. */
void recording_status_closed (RecordingStatus *self, Segment *segment, gboolean whole);
/* No file is being written. */
void recording_status_no_file (RecordingStatus *self);
void recording_status_count (RecordingStatus *self, guint frames, gsize bytes);
void recording_status_count_dropped (RecordingStatus *self, guint64 frames);
void recording_status_set_pre_bytes (RecordingStatus *self, gsize bytes);

void recording_status_get (RecordingStatus *self, RecordingStats *stats);

G_END_DECLS
