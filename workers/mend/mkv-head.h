/* The beginning of an MKV file: what it holds, and what is filled in when it is finished. */
#pragma once

#include "ebml.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 number;
  gboolean video;
  const char *encoding;     /* in the project's words; NULL for another one */
  guint64 default_duration; /* in the file's timescale, like all times here; 0: not known */

  guint64 frames;
  guint64 keyframes;
  gint64 begins;
  gint64 ends; /* the latest end */
  gint64 last; /* time of the last frame */
  gint64 step; /* between the last two */
} MkvTrack;

typedef struct
{
  Element segment;
  Element seek_head; /* id 0: there is none, as for the next ones */
  Element info;
  Element tracks;
  Element duration;
  guint64 timescale; /* nanoseconds */
  MkvTrack track[MEND_MAX_TRACKS];
  guint n_tracks;
  guint64 end; /* where the clusters begin; 0: it is not all there */
} MkvHead;

/* FALSE when it is not of our making; TRUE with `end` 0 when the file is too short. */
gboolean mkv_head_read (MkvHead *self, DiskWindow *window, guint64 size, GError **error);
/* NULL when there is none. */
MkvTrack *mkv_head_find (MkvHead *self, guint64 number);
gboolean mkv_head_has_video (const MkvHead *self);

G_END_DECLS
