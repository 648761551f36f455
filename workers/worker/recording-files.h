/* The files that a recording writes: which frame goes into which, when one ends and the next begins, and in which root.
 *
 * A file begins at a video keyframe; a frame goes into exactly one file, sound by its timestamp. Where no keyframe
 * comes, a file ends at twice its limit, and what follows up to the next keyframe is dropped.
 *
 * Nothing here waits for a disk. Files are opened, synced and closed by their root's threads (recording-root.h); while
 * one is being opened the stream has to wait in the inbox. Frames are kept until the disk has them: when a file fails,
 * the next one begins with them, in the next root that is well. */
#pragma once

#include "frame-history.h"
#include "recording-inbox.h"
#include "recording-settings.h"
#include "recording-status.h"
#include "recording-tracks.h"

G_BEGIN_DECLS

typedef struct _RecordingFiles RecordingFiles;

/* All borrowed. */
typedef struct
{
  void (*request_keyframe) (gpointer user_data); /* on the recorder's thread */
  gpointer user_data;
  const char *pipelines;
  RecordingInbox *inbox;
  RecordingStatus *status;
  RecordingTracks *tracks;
} RecordingFilesConfig;

/* For the recorder's thread alone, but for these two. `settings`: (transfer full). */
RecordingFiles *recording_files_new (const RecordingFilesConfig *config, RecordingSettings *settings);
void recording_files_free (RecordingFiles *self);
/* A first file is not to wait until what writes it is loaded. */
void recording_files_warm_up (RecordingFiles *self);

const RecordingSettings *recording_files_settings (RecordingFiles *self);
/* (transfer full) */
void recording_files_change (RecordingFiles *self, RecordingSettings *settings);

/* Keeps the frame, and writes it where a file is open; at a keyframe that asks for it into a new one. */
void recording_files_take (RecordingFiles *self, const HubFrame *frame);
/* Frames were lost before the next one. */
void recording_files_note_loss (RecordingFiles *self);
/* The first frame that is kept: what a file would begin with. NULL: there is no keyframe yet. */
const HubFrame *recording_files_first (RecordingFiles *self);
/* Those that no file is to have. */
typedef enum
{
  FORGET_ALL,
  FORGET_AND_COUNT, /* they should have been recorded */
} Forgetting;
void recording_files_forget (RecordingFiles *self, Forgetting how);
/* The same but for the present GOP. */
void recording_files_keep_present_gop (RecordingFiles *self);
/* What a trigger may ask for is kept, and no more. */
void recording_files_keep_for_trigger (RecordingFiles *self);
/* The first file is to have the moment `from_us`, if that is kept. */
void recording_files_begin_at (RecordingFiles *self, gint64 from_us);

/* There is no file, but frames to begin one with, and a root that may be tried. */
gboolean recording_files_can_begin (RecordingFiles *self);
/* Begins to open one. */
void recording_files_begin (RecordingFiles *self);
gboolean recording_files_is_opening (RecordingFiles *self);
gboolean recording_files_is_writing (RecordingFiles *self);

/* At the next keyframe, if there is a file. The first `reason` (static, as in segmentClosed) counts. */
void recording_files_ask_for_new (RecordingFiles *self, const char *reason);
/* Ends the current file, if there is one. */
void recording_files_end (RecordingFiles *self, const char *reason);
/* It ends the current file, or changes what is to be in it. */
gboolean recording_files_change_with (RecordingFiles *self, const HubFrame *frame);
/* A track turned up that the current file does not have. */
void recording_files_add_track (RecordingFiles *self, Media media);
/* TRUE where the current file is being begun anew: the stream has to wait until it is. */
gboolean recording_files_await_replacement (RecordingFiles *self);
/* One of its tracks has another format. */
void recording_files_change_track (RecordingFiles *self);
gboolean recording_files_are_closed (RecordingFiles *self);
/* No disk has anything left to do; before that, freeing them waits for it. */
gboolean recording_files_are_idle (RecordingFiles *self);

/* News from the disk. Takes what it needs of it. */
void recording_files_note_news (RecordingFiles *self, Note *note);
/* `should_record`: what is kept is to be recorded. */
void recording_files_do_what_is_due (RecordingFiles *self, gboolean should_record);
/* When something may be due next, though nothing comes (monotonic). */
gint64 recording_files_next_due_us (RecordingFiles *self);

G_END_DECLS
