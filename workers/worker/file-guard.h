/* Keeps the damaged parts of a file out: judges every frame that the demuxer gives, on the demuxer's thread. The first
 * video track leads; while frames of it are left out, so are those of all other tracks. */
#pragma once

#include "damage-log.h"
#include "damage-watch.h"

G_BEGIN_DECLS

typedef struct
{
  const char *path;
  const FileIdentity *identity;
  DamageLog *log;
  gboolean is_matroska;

  DamageWatch watch;
  gint leading;   /* the track that is watched; -1 without video */
  GArray *others; /* of each track, what is known of it */
  gboolean is_rewritten;
} FileGuard;

typedef enum
{
  GUARD_KEEP,
  GUARD_LEAVE_OUT,
  GUARD_BEGIN_STRETCH, /* keep it: it follows what was left out */
  GUARD_REWRITTEN      /* the file has become another one; said once, all else of it is to be left out */
} GuardVerdict;

/* `path`, `identity` and `log` stay the caller's. */
void file_guard_init (FileGuard *self, const char *path, const FileIdentity *identity, DamageLog *log);
void file_guard_clear (FileGuard *self);

/* The tracks count from 0 in the order they were added. */
void file_guard_add_track (FileGuard *self, gboolean is_video);
/* The next frame of the track is from another place in the file. */
void file_guard_begin_anew (FileGuard *self, guint track);
/* `caps`: of the demuxer's pad; `byte`: about where the frame lies in the file. */
GuardVerdict file_guard_judge (FileGuard *self, guint track, GstBuffer *buffer, const GstCaps *caps, guint64 byte);

G_END_DECLS
