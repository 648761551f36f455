/* The GStreamer Data Protocol, version 1.0, as gdppay and gdpdepay of gst-plugins-bad speak it: packets of a header of
 * 62 bytes and a payload. Checksums are left out; the flags say so. The byte that the protocol pads its header with
 * names the track, for who reads several from one connection. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GDP_HEADER_SIZE 62

typedef enum
{
  GDP_BUFFER = 1,
  GDP_CAPS = 2,
  GDP_EVENT = 64 /* and above: the type of the event is added */
} GdpType;

/* These append a packet; of a buffer only the header. */
void gdp_append_caps (GByteArray *packets, guint8 track, const GstCaps *caps);
void gdp_append_event (GByteArray *packets, GstEvent *event);
void gdp_append_buffer_header (GByteArray *packets, guint8 track, GstBuffer *buffer);

typedef struct
{
  GdpType type; /* GDP_EVENT for every event */
  guint8 track;
  guint32 size; /* of the payload that follows */
} GdpHeader;

/* FALSE when that is no such header. */
gboolean gdp_read_header (const guint8 bytes[GDP_HEADER_SIZE], GdpHeader *header);
/* The buffer with its times and flags, and room for its payload: (transfer full). */
GstBuffer *gdp_read_buffer (const guint8 bytes[GDP_HEADER_SIZE]);
/* NULL when these are no caps: (transfer full). */
GstCaps *gdp_read_caps (const guint8 *payload, gsize size);

G_END_DECLS
