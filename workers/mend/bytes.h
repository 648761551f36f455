/* Numbers as both formats write them: big endian, anywhere in memory. */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

static inline guint64
bytes_get (const guint8 *data, guint size)
{
  guint64 value = 0;

  for (guint i = 0; i < size; i++)
    value = value << 8 | data[i];
  return value;
}

static inline guint32
bytes_u32 (const guint8 *data)
{
  return (guint32)bytes_get (data, 4);
}

static inline void
bytes_set (guint8 *data, guint64 value, guint size)
{
  for (guint i = size; i > 0; i--, value >>= 8)
    data[i - 1] = (guint8)value;
}

static inline void
bytes_put (GByteArray *out, guint64 value, guint size)
{
  guint8 data[8];

  bytes_set (data, value, size);
  g_byte_array_append (out, data, size);
}

G_END_DECLS
