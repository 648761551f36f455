/* Decode timestamps for video that comes without: RTP carries presentation times only, and muxers want both.
 *
 * Frames come in decode order. If at most `depth` of the frames seen so far are shown after the present one, then all
 * but the newest `depth` presentation times are settled, and the (n - depth)th smallest of them is a decode time that
 * never lies after the frame's own presentation time. So no frame has to be held back. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define DTS_WINDOW 16

typedef struct
{
  gint64 newest[DTS_WINDOW]; /* the largest presentation times seen, rising */
  guint filled;
  guint depth;    /* in use */
  guint observed; /* largest depth seen since `since_change` */
  guint since_change;
} DtsGuess;

/* `depth`: 0 where the format has no reordering, else what to assume until the stream has shown its own. */
void dts_reset (DtsGuess *self, guint depth);

/* Nanoseconds in, nanoseconds out; `interval` is the usual time between frames. The caller keeps the result rising. */
gint64 dts_next (DtsGuess *self, gint64 pts, gint64 interval);

G_END_DECLS
