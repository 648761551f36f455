/* What each recording format can hold, and how its muxer is kept from waiting for sound. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  const char *name;   /* as the settings call it, and the extension of the files */
  const char *launch; /* pipelines/<launch>.launch */
  const char *encodings[8];
  /* Its muxer waits until each track has data: sound is told to have ended whenever none is at hand, and wakened when
   * there is, so that the video never waits. */
  gboolean waits;
  /* Its files are written in fragments, and get their index when they are closed. */
  gboolean fragmented;
} Container;

/* NULL when there is no such format. */
const Container *container_find (const char *name);
/* That of a file, by its extension. */
const Container *container_of_file (const char *path);
gboolean container_takes (const Container *self, const char *encoding);

/* `wanted`, or where that can't hold `video` the one that can. */
const Container *container_for_video (const Container *wanted, const char *video);

/* What writes a file of it: a bin with a muxer `mux` and a sink `file`. (transfer floating); NULL with `error`. */
GstElement *container_make (const Container *self, const char *pipelines, GError **error);
/* Has GStreamer load what writes it, so that a first file does not wait for that. */
void container_load (const Container *self, const char *pipelines);

G_END_DECLS
