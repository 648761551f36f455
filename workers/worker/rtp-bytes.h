/* Numbers as networks send them, at any address. */
#pragma once

#include <glib.h>

static inline guint16
rtp_read_16 (const guint8 *bytes)
{
  return (guint16)(bytes[0] << 8 | bytes[1]);
}

static inline guint32
rtp_read_32 (const guint8 *bytes)
{
  return (guint32)rtp_read_16 (bytes) << 16 | rtp_read_16 (bytes + 2);
}

static inline guint64
rtp_read_64 (const guint8 *bytes)
{
  return (guint64)rtp_read_32 (bytes) << 32 | rtp_read_32 (bytes + 4);
}

static inline void
rtp_write_16 (guint8 *bytes, guint16 value)
{
  bytes[0] = (guint8)(value >> 8);
  bytes[1] = (guint8)value;
}

static inline void
rtp_write_32 (guint8 *bytes, guint32 value)
{
  rtp_write_16 (bytes, (guint16)(value >> 16));
  rtp_write_16 (bytes + 2, (guint16)value);
}
