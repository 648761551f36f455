/* Cuts what an RTSP server sends over one connection into messages and interleaved packets. Bytes that are neither are
 * skipped, within limits. */
#pragma once

#include "rtsp-message.h"

G_BEGIN_DECLS

typedef struct _RtspReader RtspReader;

typedef struct
{
  /* One interleaved packet, borrowed for the time of the call. */
  void (*packet) (guint channel, const guint8 *bytes, gsize size, gpointer user_data);
  /* (transfer full) */
  void (*message) (GstRTSPMessage *message, gpointer user_data);
} RtspReaderFuncs;

RtspReader *rtsp_reader_new (const RtspReaderFuncs *funcs, gpointer user_data);
void rtsp_reader_free (RtspReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtspReader, rtsp_reader_free)

/* Where the next bytes are to be read to; never empty after rtsp_reader_parse() succeeded. */
guint8 *rtsp_reader_space (RtspReader *self, gsize *size);

/* Parses what is complete with the `size` bytes that were put there. NULL, or why that is no RTSP: static. */
const char *rtsp_reader_parse (RtspReader *self, gsize size);

/* Bytes that were skipped so far. */
guint64 rtsp_reader_skipped (RtspReader *self);

G_END_DECLS
