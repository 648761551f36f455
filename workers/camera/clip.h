/* A media file read into memory: the encoded frames of its first video and its first audio track. */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/* One frame. Times are nanoseconds from the decoding time of the leading track's first frame. */
typedef struct
{
  GstBuffer *buffer;
  gint64 pts;
  gint64 dts;      /* computed from the PTS: Matroska has none */
  gint64 duration; /* of sound: exact, where the PTS may be rounded; 0 if it is not known */
  gboolean keyframe;
} ClipFrame;

typedef struct
{
  const Codec *codec;
  GstCaps *caps;
  GArray *frames; /* of ClipFrame, in decoding order; never empty */
  gint64 period;  /* from the first PTS to the end of the last frame shown */
} ClipTrack;

typedef struct
{
  ClipTrack tracks[2]; /* the leading one first: video where there is video */
  guint n_tracks;
} Clip;

/* (transfer full). Takes as long as reading the file does. */
Clip *clip_load (const char *path, GError **error);

void clip_free (Clip *clip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Clip, clip_free)

G_END_DECLS
