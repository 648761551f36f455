/* One pass through an MP4 or Matroska file: demuxed and parsed frames per track, ahead of their time, in a FrameStore.
 *
 * A pass has a pipeline of its own; the next pass is a new reader. So looping needs no seek (which ends at the
 * container's idea of the duration, not at the last frame's end), works without an index, and takes up a file that was
 * replaced meanwhile.
 *
 * Damage is left out, up to the next keyframe, which begins another stretch in the store. */
#pragma once

#include "damage-log.h"
#include "frame-store.h"

G_BEGIN_DECLS

typedef struct _FileReader FileReader;

typedef enum
{
  FILE_READER_OPENING,
  FILE_READER_OPEN, /* the tracks are known */
  FILE_READER_FAILED
} FileReaderState;

typedef void (*FileReaderChanged) (gpointer user_data);

typedef struct
{
  const char *pipelines;
  const char *path;
  DamageLog *log;
  /* Called, on any thread, whenever something of the reader or in its store may have changed. */
  FileReaderChanged changed;
  gpointer user_data;
} FileReaderSettings;

/* Begins to read. Never fails; see file_reader_state(). */
FileReader *file_reader_new (const FileReaderSettings *settings);
void file_reader_free (FileReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FileReader, file_reader_free)

FileReaderState file_reader_state (FileReader *self);
/* Why it failed or stopped early, as an object of docs/worker-protocol.md; NULL while nothing is wrong. (transfer full)
 */
JsonNode *file_reader_take_failure (FileReader *self);
/* Valid once open. (element-type Track) (transfer none) */
const GArray *file_reader_tracks (FileReader *self);
/* What it reads. (transfer none) */
const FileIdentity *file_reader_identity (FileReader *self);
FrameStore *file_reader_store (FileReader *self);

typedef enum
{
  SEEK_KEYFRAME_BEFORE,
  SEEK_KEYFRAME_AFTER
} SeekTarget;

/* Goes on at the keyframe next to `position`. For once it is open. FALSE where the file knows no way there; it is of no
 * more use then. */
gboolean file_reader_seek (FileReader *self, gint64 position, SeekTarget target);

/* Time of the last frame, when the file was read no further though it has more than that; else HUB_NO_TIME. For when
 * the store is at its end. */
gint64 file_reader_broke_off_at (FileReader *self);
/* About where in the file the last frame lay. For then, too. */
guint64 file_reader_byte (FileReader *self);

G_END_DECLS
