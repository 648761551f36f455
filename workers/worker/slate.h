/* The slate: a picture that says there is none, in the encoding and size of a stream. It is encoded when it is first
 * asked for, away from the main thread, and kept. All functions are for the main thread. */
#pragma once

#include "hub.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _Slate Slate;

typedef struct
{
  const char *encoding; /* interned: h264 h265 jpeg */
  gint width;
  gint height;
} SlateFormat;

/* The slate asked for last is there, or can't be made: `error`, borrowed. */
typedef void (*SlateMade) (const GError *error, gpointer user_data);

Slate *slate_new (const char *pipelines, const char *text, SlateMade made, gpointer user_data);
void slate_free (Slate *self);

/* A keyframe with its caps: (transfer none). NULL while it is being made (`made` follows), and when it can't be. */
GstSample *slate_get (Slate *self, const SlateFormat *format);

G_END_DECLS
