/* The directories a recorder may write to, in order of preference. For the recorder's thread. */
#pragma once

#include "recording-root.h"

G_BEGIN_DECLS

typedef struct
{
  RecordingInbox *inbox;
  GPtrArray *known; /* RecordingRoot: every one there ever was, since files may still be closing in it */
  GPtrArray *order; /* RecordingRoot, borrowed: the present ones */
} RecordingRoots;

void recording_roots_init (RecordingRoots *self, RecordingInbox *inbox);
void recording_roots_clear (RecordingRoots *self);
void recording_roots_set (RecordingRoots *self, GStrv paths);

/* Any of those there ever were. */
gboolean recording_roots_are_busy (const RecordingRoots *self);

/* The first one that is well. Where none is, and nothing is being written, the first that may be tried again. NULL when
 * there is none of these. */
RecordingRoot *recording_roots_choose (const RecordingRoots *self, gboolean is_writing);
/* One that is well comes before it, or it is no root any more. */
gboolean recording_roots_has_better (const RecordingRoots *self, const RecordingRoot *present);
/* One that is well is another than it. */
gboolean recording_roots_has_other (const RecordingRoots *self, const RecordingRoot *present);
/* Why those before it, or it itself, can't be written to: (transfer none). NULL when they can. */
JsonNode *recording_roots_failure_up_to (const RecordingRoots *self, const RecordingRoot *present);
/* Tries those that failed, up to `present`. */
void recording_roots_probe_up_to (RecordingRoots *self, const RecordingRoot *present);

G_END_DECLS
