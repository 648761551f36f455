/* What the parts of recording-files.h share: recording-files.c has the frames, recording-opening.c the way from one
 * file to the next, recording-news.c what comes of it on the disk. */
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

/* A file that is not closed yet. */
typedef struct
{
  Segment *segment;
  RecordingRoot *root;
  guint64 first_number; /* of the history's frames */
  guint64 written;      /* of its frames, at the last sync */
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
  guint64 opening_number; /* of the frame that it begins with */
  GPtrArray *early_ends;  /* Note: of segments that failed before their NOTE_OPENED was taken */
};

/* Begins to open a file for the frames from `first` on. */
void recording_files_open (RecordingFiles *self, RecordingRoot *root, const HistoryItem *first);
void recording_files_note_opened (RecordingFiles *self, Note *note);
/* After the root that was asked to open a file failed: another is asked, or none can be. */
void recording_files_try_next_root (RecordingFiles *self);
/* No file is written after this. */
void recording_files_forget_current (RecordingFiles *self);

/* Writes what is kept, from that keyframe on, up to one with which another file begins. */
void recording_files_write_kept (RecordingFiles *self, guint64 from);
gboolean recording_files_are_audio_only (RecordingFiles *self);

/* (transfer none) */
void recording_files_segment_ended (RecordingFiles *self, RecordingFile *file, JsonNode *failure);
/* (transfer full) */
void recording_files_fail_root (RecordingFiles *self, RecordingRoot *root, JsonNode *failure);
RecordingFile *recording_files_find (RecordingFiles *self, Segment *segment);
/* The first frame that one of the files that are being written may not have. */
guint64 recording_files_unsafe_from (RecordingFiles *self);
void recording_files_look_after_opening (RecordingFiles *self);
void recording_files_look_after_current (RecordingFiles *self);

G_END_DECLS
