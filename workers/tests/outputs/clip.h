/* A short clip of real H.264 (two slices a picture) and Opus, pushed into a hub as fast as it takes it, and the means
 * to find its frames again. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

#define CLIP_FRAMES 100
#define CLIP_GOP 10
#define CLIP_FRAME_TIME (40 * GST_MSECOND)

typedef struct
{
  GPtrArray *video; /* GstSample */
  GPtrArray *sound; /* GstSample */
} Clip;

Clip *clip_new (void);
Clip *clip_new_of_size (gint width, gint height);
void clip_free (Clip *self);

/* What comes out of a pipeline's `sink`, an appsink: (transfer full) (element-type GstSample). */
GPtrArray *clip_run (const char *text);

/* Begins a life with the clip's tracks. */
void clip_begin (Clip *self, Hub *hub, guint64 life);
/* The same with the picture alone. */
void clip_begin_without_sound (Clip *self, Hub *hub, guint64 life);
/* Pushes video frames `from` to `to` (exclusive) and, with `sound`, what is heard meanwhile, a little later. Frame
 * CLIP_FRAMES is frame 0 again. */
void clip_push (Clip *self, Hub *hub, guint64 life, guint from, guint to, gboolean sound);

/* Digests of the frames, in order: (transfer full) (element-type utf8). */
GPtrArray *clip_digests (GPtrArray *samples);
/* The same of a recorded file's video or sound; empty when there is none, or the file can't be read. */
GPtrArray *clip_digests_of_file (const char *path, Media media);

G_END_DECLS
