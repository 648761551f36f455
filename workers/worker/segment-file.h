/* A recorded file on disk: `<final name>.part` while it is written, durable and under its own name when it is finished.
 * One that is to take the place of another that is being written is `<final name>.new` until it does. */
#pragma once

#include <gst/gst.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct
{
  const char *root;
  const char *name;      /* template below the root (segment-name.h) */
  mode_t mode;           /* of files; the umask changes nothing */
  mode_t directory_mode; /* of the folders that have to be made */
} SegmentPlace;

typedef struct
{
  char *path; /* the final name */
  char *part; /* the name while it is written */
  char *folder;
} SegmentNames;

/* It is made with one, may be given that of the file whose place it takes, and then its own. */
#define SEGMENT_FILE_NAMES 3

typedef struct
{
  SegmentPlace place; /* owned */
  char *extension;
  SegmentNames names[SEGMENT_FILE_NAMES]; /* one after the other; they stay as long as it does */
  gint given;                             /* atomic: which of them it has */
  gint named;                             /* atomic: it keeps those it has */
  int fd;                                 /* only to lock, sync and measure: another one writes */
  GMutex lock;                            /* for its name, and the three below */
  gboolean entry_synced;
  gboolean damaged;  /* a sync failed: the kernel says so only once */
  gboolean replaced; /* another file has its name */
  guint64 bytes;     /* on disk, once it is finished, abandoned or removed */
} SegmentFile;

/* Makes `<root>/<name>.<extension>.part`, empty, with the folders between, named after `ms` (since 1970), a moment near
 * its beginning; the root has to be there, or the disk that belongs there is not. A name that is in use in either form
 * is never touched: the new one gets -1, -2 … Until it is finished or abandoned the file is locked (flock), which tells
 * it from a leftover. Blocks as long as the disk does. Errors are GST_RESOURCE_ERROR, as GStreamer's own elements would
 * say it. */
SegmentFile *segment_file_create (const SegmentPlace *place, const char *extension, gint64 ms, GError **error);
/* Makes the file that is to take the place of `draft`, which is not named yet, nor while that is not decided. */
SegmentFile *segment_file_create_beside (const SegmentFile *draft, GError **error);
void segment_file_free (SegmentFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SegmentFile, segment_file_free)

/* As it is now; for any thread. */
const char *segment_file_path (const SegmentFile *self);
const char *segment_file_part (const SegmentFile *self);

/* Takes the name of `draft` in one step: until then that one is found, and
 * from then on this one. Nothing that is done with `draft` afterwards touches the disk. Blocks as long as the disk
 * does. */
gboolean segment_file_replace (SegmentFile *self, SegmentFile *draft, GError **error);
/* Names it after its first frame: the first time, later ones change nothing. Blocks as long as the disk does. */
gboolean segment_file_name (SegmentFile *self, gint64 started_ms, GError **error);
gboolean segment_file_is_named (const SegmentFile *self);

/* Brings what is written to the disk. Blocks as long as the disk needs, as does the next one. After a failure the file
 * never gets its final name. */
gboolean segment_file_sync (SegmentFile *self, GError **error);
/* The same, then gives it its final name. */
gboolean segment_file_finish (SegmentFile *self, GError **error);
/* Leaves it as it is for a later rescue; an empty one is removed. */
void segment_file_abandon (SegmentFile *self);
/* Nothing of it is wanted. */
void segment_file_remove (SegmentFile *self);

G_END_DECLS
