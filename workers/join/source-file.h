/* One pass through a recorded file, in the order in which it holds its frames; nothing is parsed, so that they pass
 * untouched. Files that are still being written are read up to what is there. */
#pragma once

#include "track-format.h"

G_BEGIN_DECLS

typedef struct
{
  Media media;
  GstBuffer *buffer;
  GstCaps *caps;
  gint64 pts; /* in the file */
  gboolean keyframe;
} SourceFrame;

typedef struct
{
  /* The formats of the tracks, by Media; NULL where there is none; how many others there are. Before the first frame.
   */
  void (*opened) (TrackFormat *const *formats, guint others, gpointer user_data);
  /* FALSE: enough. */
  gboolean (*frame) (const SourceFrame *frame, gpointer user_data);
} SourceFuncs;

typedef enum
{
  SOURCE_ENDED,
  SOURCE_ENOUGH,
  SOURCE_DAMAGED /* the frames up to there were given */
} SourceEnd;

/* Blocks until the end. The functions are called on another thread, one at a time. */
SourceEnd source_file_read (int fd, const SourceFuncs *funcs, gpointer user_data);

G_END_DECLS
