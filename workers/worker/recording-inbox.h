/* What comes to the recorder's thread: the stream, which is frames and orders in the order they came, and the news from
 * the disk, which is taken first, and alone while the stream has to wait. */
#pragma once

#include "frame.h"
#include "recording-root.h"
#include "recording-settings.h"
#include "segment.h"

G_BEGIN_DECLS

typedef enum
{
  /* the stream */
  NOTE_FRAME,
  NOTE_INGEST_DOWN,
  NOTE_INGEST_REPLACED, /* by one with other tracks */
  NOTE_NEW_FILE,        /* ordered */
  NOTE_TRIGGER,
  NOTE_SETTINGS,
  NOTE_STOP,
  NOTE_QUIT,
  /* news from the disk */
  NOTE_OPENED, /* or not: then without a segment */
  NOTE_PROBED,
  NOTE_SEGMENT_ENDED,
  NOTE_SEGMENT_PLACED, /* where its draft was; or not: then with a failure */
  NOTE_SEGMENT_CLOSED
} NoteKind;

typedef struct
{
  NoteKind kind;
  HubFrame *frame;             /* NOTE_FRAME */
  gboolean lost_before;        /* NOTE_FRAME: those before it were dropped */
  gint64 at_us;                /* NOTE_FRAME, NOTE_TRIGGER: when it came (monotonic) */
  gint64 pre_us;               /* NOTE_TRIGGER; -1: as in the settings */
  gint64 for_us;               /* NOTE_TRIGGER */
  RecordingSettings *settings; /* NOTE_SETTINGS */
  RecordingRoot *root;         /* NOTE_OPENED, NOTE_PROBED: borrowed */
  guint64 ticket;              /* NOTE_OPENED: as it was asked for */
  Segment *segment;            /* NOTE_OPENED, NOTE_SEGMENT_…: a reference, or NULL */
  JsonNode *failure;           /* NOTE_OPENED, NOTE_PROBED, NOTE_SEGMENT_…: or NULL */
} Note;

Note *note_new (NoteKind kind);
void note_free (Note *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Note, note_free)

/* The frames before it are not followed by others. */
gboolean note_ends_run (const Note *self);

typedef struct _RecordingInbox RecordingInbox;

RecordingInbox *recording_inbox_new (void);
void recording_inbox_free (RecordingInbox *self);

/* Never blocks. Drops the frame when too much waits here and in the segment last set. */
void recording_inbox_post_frame (RecordingInbox *self, const HubFrame *frame);
/* (transfer full) */
void recording_inbox_post (RecordingInbox *self, Note *note);

/* NULL when none came until `until_us` (monotonic); without `stream` only news from the disk. (transfer full) */
Note *recording_inbox_take (RecordingInbox *self, gboolean stream, gint64 until_us);

/* The segment whose queues count, or NULL. The caller keeps it open until another one is set. */
void recording_inbox_set_segment (RecordingInbox *self, Segment *segment, gboolean audio_only);
guint64 recording_inbox_dropped (RecordingInbox *self);
/* Frames are being dropped. */
gboolean recording_inbox_is_shut (RecordingInbox *self);

G_END_DECLS
