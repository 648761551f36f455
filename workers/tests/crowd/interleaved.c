#include "interleaved.h"

#include <string.h>

#define PACKET '$'
#define PACKET_HEADER 4

char *
interleaved_value (const char *text, const char *name)
{
  const char *found = strcasestr (text, name);

  if (found == NULL)
    return NULL;
  found += strlen (name);
  return g_strstrip (g_strndup (found, strcspn (found, "\r\n")));
}

static gsize
take_packet (const guint8 *data, gsize size, InterleavedItem *item)
{
  gsize length = size >= PACKET_HEADER ? ((gsize)data[2] << 8 | data[3]) + PACKET_HEADER : 0;

  if (length == 0 || size < length)
    return 0;
  *item = (InterleavedItem){ data[1], data + PACKET_HEADER, length - PACKET_HEADER };
  return length;
}

static gsize
take_message (const guint8 *data, gsize size, InterleavedItem *item)
{
  const char *end = memmem (data, size, "\r\n\r\n", 4);

  if (end == NULL)
    return 0;
  gsize head = (gsize)(end + 4 - (const char *)data);
  g_autofree char *text = g_strndup ((const char *)data, head);
  g_autofree char *body = interleaved_value (text, "\nContent-Length:");
  gsize length = head + (body != NULL ? g_ascii_strtoull (body, NULL, 10) : 0);

  if (size < length)
    return 0;
  *item = (InterleavedItem){ -1, data, length };
  return length;
}

gsize
interleaved_take (const guint8 *data, gsize size, InterleavedItem *item)
{
  if (size == 0)
    return 0;
  return data[0] == PACKET ? take_packet (data, size, item) : take_message (data, size, item);
}
