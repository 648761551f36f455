/* What the parts of a joining share. */
#pragma once

#include "container.h"
#include "join.h"
#include "sound-clock.h"
#include "source-file.h"
#include "stretch.h"

G_BEGIN_DECLS

/* Clocks and containers are off by less. */
#define GAP_MS 500

typedef struct
{
  const Request *request;
  const JoinTold *told;
  const Container *container;
  GArray *gaps;
  Clips clips;
  GError *error;
  gboolean told_of_sound;
  gboolean told_of_tracks;

  gint64 end;         /* of the picture in the clip: where the next one belongs */
  gint64 wall_end_ms; /* of all that was written; G_MININT64 before */
  SoundClock sound;

  /* Of the present file. */
  const RequestFile *file;
  TrackFormat *formats[CLIP_TRACKS];
  GstCaps *video_caps;
  Media leader;
  gint64 from; /* times in the file */
  gint64 to;
  Stretch read; /* needed or not */
  GQueue held;  /* frames until it is known with which one the clip goes on */
  gboolean placed;
  gint64 base; /* clip's time of the file's 0 */
  Stretch stretch;
  GQueue tail; /* pictures from `to` on, which earlier ones may refer to */
  gboolean no_more_pictures;
  gboolean no_more_sound;
} Join;

/* When it was recorded, since 1970, by its time in the present file. */
gint64 join_wall_ms (const Join *self, gint64 pts);
/* For a person. */
void join_note (Join *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* (transfer full) */
SourceFrame *join_frame_keep (const SourceFrame *frame);
void join_frame_release (SourceFrame *frame);

/* Into the clip; the file is placed. FALSE: nothing more is needed of the file. */
gboolean join_write_frame (Join *self, const SourceFrame *frame);

/* The file is not placed yet: keeps what may be needed until that is known. FALSE: nothing more is needed. */
gboolean join_hold (Join *self, const SourceFrame *frame);
/* The frames of one format in one file are over. */
void join_end_stretch (Join *self);

G_END_DECLS
