/* What the parts of recording-files.h share: recording-files.c has the frames, recording-opening.c the way to a file,
 * recording-current.c the file that is written, recording-draft.c how a first one is begun anew, recording-news.c what
 * comes of it on the disk. */
#pragma once

#include "recording-files.h"
#include "recording-format.h"
#include "recording-health.h"
#include "recording-roots.h"
#include "recording-sound.h"

G_BEGIN_DECLS

/* What is kept where no file can be written. */
#define KEEP_US (10 * G_USEC_PER_SEC)
#define KEEP_BYTES (32 * 1024 * 1024)

/* Files of one root that may wait for its disk to take their end. */
#define RECORDING_MOST_OPEN 8

/* A file that is not closed yet. */
typedef struct
{
  Segment *segment;
  RecordingRoot *root;
  guint64 first_number;  /* of the history's frames */
  guint64 written;       /* of its frames, at the last sync */
  gint64 draft_until_us; /* it may be begun anew until then; 0: never */
  gboolean settled;      /* it stays as it is, and gets its name */
  gboolean ended;
} RecordingFile;

struct _RecordingFiles
{
  RecordingFilesConfig config;
  RecordingSettings *settings;
  RecordingRoots roots;
  RecordingFormat format;
  RecordingSound sound;
  RecordingHealth health;

  FrameHistory history;
  guint64 recorded_to; /* number of the first frame that is in no file, or not in one that can be relied on */
  gboolean has_lost;   /* frames, since the last file */

  GPtrArray *open; /* RecordingFile */
  RecordingFile *current;
  gboolean proven;          /* it has taken data: a full disk lets files be made, too */
  const char *new_file_for; /* why the next keyframe begins a file */
  gboolean stuck;           /* a keyframe began none: the current file goes on, whatever its limits */
  gboolean cut_short;       /* there is no file, and the next one waits for a keyframe */
  gint64 sync_us;
  GstClockTime keyframe_pts;
  gboolean open_gop;

  RecordingRoot *opening; /* NULL: no file is being opened */
  gint64 opening_us;
  guint64 opening_ticket;
  guint opening_failures; /* that the root had had when it was asked */
  guint64 late_ticket;    /* of the last one that took too long */
  guint64 leaving_ticket; /* of the last one that is not wanted any more, and not answered yet; 0: there is none */
  gboolean awaited;       /* the stream stands still for it */
  guint64 opening_number; /* then: of the frame that it begins with */

  gboolean replacing;         /* the current file is a draft, and begun anew */
  gboolean held;              /* the stream stands still for that */
  RecordingFile *replacement; /* gets every frame, too; NULL while it is being opened */
  guint64 to_catch_up;        /* so many frames it has to have before it takes the place of the draft */
  gboolean caught_up;         /* it had as many as the draft once */
  gint64 placing_us;          /* since when it is about to take it: nobody knows which of them is there; 0: it is not */

  Segment *next; /* is ready to be written, or NULL */
  RecordingRoot *next_root;
  GPtrArray *early_ends; /* Note: of segments that failed before they were written */
};

/* The root that may be asked for the file after the present one, or NULL. */
RecordingRoot *recording_files_root_for_next (RecordingFiles *self);
/* Has one opened that is to take the place of the current one. FALSE where none can be. */
gboolean recording_files_prepare_replacement (RecordingFiles *self);
/* Has a file opened for what comes after the present one, if none is yet. FALSE where none can be. */
gboolean recording_files_prepare (RecordingFiles *self);
/* What is prepared does not fit any more. */
void recording_files_drop_next (RecordingFiles *self);
/* What is kept from `first` on goes into another file: at once where one is ready, else the stream waits for it. */
void recording_files_open (RecordingFiles *self, RecordingRoot *root, const HistoryItem *first);
void recording_files_note_opened (RecordingFiles *self, Note *note);

/* It takes the place of the current file. */
void recording_files_take_up (RecordingFiles *self, RecordingRoot *root, Segment *segment, const HistoryItem *first);
/* (transfer full); NULL where it has not failed before it was written. */
JsonNode *recording_files_take_early_failure (RecordingFiles *self, const Segment *segment);
/* It stays as it is: at once, or when no other track is to be expected. */
void recording_files_settle (RecordingFile *file);
void recording_files_settle_if_due (RecordingFiles *self, RecordingFile *file);
/* The next file gets what the draft has, where that is begun anew. */
void recording_files_replace_draft (RecordingFiles *self);
/* The draft goes on as it is, up to the next keyframe. */
void recording_files_give_up_replacing (RecordingFiles *self);
/* There is no draft any more. */
void recording_files_leave_replacing (RecordingFiles *self);
void recording_files_note_placed (RecordingFiles *self, const Note *note);
void recording_files_look_after_draft (RecordingFiles *self);
/* No file is written after this. */
void recording_files_forget_current (RecordingFiles *self);

/* Sound that came before the picture it belongs to. */
void recording_files_take_early_sound (RecordingFiles *self, const HistoryItem *first);
/* `segment` NULL: for the replacement of the draft alone. */
void recording_files_write (RecordingFiles *self, Segment *segment, const HubFrame *frame, gboolean leads);
/* Writes what is kept, from that keyframe on, up to one with which another file begins. */
void recording_files_write_kept (RecordingFiles *self, guint64 from);
gboolean recording_files_are_audio_only (RecordingFiles *self);

/* (transfer none) */
void recording_files_segment_ended (RecordingFiles *self, RecordingFile *file, JsonNode *failure);
/* (transfer full) */
void recording_files_fail_root (RecordingFiles *self, RecordingRoot *root, JsonNode *failure);
/* Its first frame has that number. */
RecordingFile *recording_files_add (RecordingFiles *self, RecordingRoot *root, Segment *segment, guint64 number);
RecordingFile *recording_files_find (RecordingFiles *self, Segment *segment);
/* The first frame that one of the files that are being written may not have. */
guint64 recording_files_unsafe_from (RecordingFiles *self);
void recording_files_look_after_opening (RecordingFiles *self);
void recording_files_look_after_current (RecordingFiles *self);

G_END_DECLS
