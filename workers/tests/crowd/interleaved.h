/* The bytes of an RTSP connection over TCP: messages, and packets between them (RFC 2326, 10.12). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int channel; /* -1: a message */
  /* Without the header of a packet; a message with its body. Borrowed. */
  const guint8 *data;
  gsize size;
} InterleavedItem;

/* The first item of `data`. Returns how many bytes it takes; 0 while it is not whole. */
gsize interleaved_take (const guint8 *data, gsize size, InterleavedItem *item);

/* What follows `name` in `text`, up to the end of the line: (transfer full), NULL where it is not there. */
char *interleaved_value (const char *text, const char *name);

G_END_DECLS
