/* Writes frames into an MP4 or Matroska file, in the order they come.
 *
 * GStreamer's muxers wait until every track has a frame before they write one; where sound is missing for ten minutes
 * that is ten minutes of video in memory. Here nothing waits: what tracks there are is known, and written, at the end.
 *
 * A track is video (one) or audio (one). Times are nanoseconds from the beginning of the file. */
#pragma once

#include "out-file.h"
#include "track-format.h"

G_BEGIN_DECLS

#define CLIP_TRACKS 2

typedef struct
{
  Media media;
  GstBuffer *buffer; /* its times do not count */
  gint64 pts;
  gboolean keyframe;
} ClipFrame;

typedef struct _ClipWriter ClipWriter;

typedef struct
{
  void (*write) (ClipWriter *self, const ClipFrame *frame);
  void (*finish) (ClipWriter *self);
  void (*free) (ClipWriter *self);
} ClipWriterFuncs;

struct _ClipWriter
{
  const ClipWriterFuncs *funcs;
  OutFile *file;                     /* borrowed */
  TrackFormat *formats[CLIP_TRACKS]; /* by Media; owned; NULL while there is no such track */
  gint64 ends[CLIP_TRACKS];          /* by Media: when the last frame is over */
};

/* They write the beginning of the file. (transfer full) */
ClipWriter *mp4_writer_new (OutFile *file);
/* `began_ms`: when the first frame was recorded, since 1970. */
ClipWriter *mkv_writer_new (OutFile *file, gint64 began_ms);

G_END_DECLS
