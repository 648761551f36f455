/* Pictures in real time: a run of 25 a second that begins anew at its end. */
#pragma once

#include "clip.h"
#include "hub.h"

G_BEGIN_DECLS

typedef struct
{
  Hub *hub;
  GPtrArray *video; /* GstSample */
  guint next;
  guint source;
} Live;

/* `pipeline` makes the run, of that encoding. They come as life 1, out of the main loop. */
void live_begin (Live *live, Hub *hub, const char *encoding, const char *pipeline);
/* The same in H.264, a keyframe every 10; the lower `quantizer`, the more bytes. */
void live_begin_h264 (Live *live, Hub *hub, gint width, guint quantizer);
void live_end (Live *live);

G_END_DECLS
