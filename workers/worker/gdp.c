#include "gdp.h"

#include <string.h>

#define MAJOR 1
#define MINOR 0

/* Where things are in a header; numbers are big-endian. */
#define AT_TRACK 3
#define AT_TYPE 4
#define AT_SIZE 6
#define AT_PTS 10
#define AT_DURATION 18
#define AT_OFFSET 26
#define AT_OFFSET_END 34
#define AT_FLAGS 42
#define AT_DTS 44

/* The flags that mean something to another process. */
#define FLAGS                                                                                                          \
  (GST_BUFFER_FLAG_LIVE | GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_HEADER | GST_BUFFER_FLAG_GAP                       \
   | GST_BUFFER_FLAG_DELTA_UNIT)

static void
put (guint8 *header, guint at, guint size, guint64 value)
{
  for (guint i = size; i-- > 0; value >>= 8)
    header[at + i] = (guint8)value;
}

static guint64
get (const guint8 *header, guint at, guint size)
{
  guint64 value = 0;

  for (guint i = 0; i < size; i++)
    value = value << 8 | header[at + i];
  return value;
}

static void
begin_header (guint8 header[GDP_HEADER_SIZE], guint8 track, guint type, gsize size)
{
  memset (header, 0, GDP_HEADER_SIZE);
  header[0] = MAJOR;
  header[1] = MINOR;
  header[AT_TRACK] = track;
  put (header, AT_TYPE, 2, type);
  put (header, AT_SIZE, 4, size);
}

/* Takes `text`; its end is part of the payload. */
static void
append_text (GByteArray *packets, guint8 track, guint type, char *text)
{
  guint8 header[GDP_HEADER_SIZE];
  gsize size = strlen (text) + 1;

  begin_header (header, track, type, size);
  if (type >= GDP_EVENT)
    put (header, AT_PTS, 8, GST_CLOCK_TIME_NONE);
  g_byte_array_append (packets, header, sizeof header);
  g_byte_array_append (packets, (const guint8 *)text, (guint)size);
  g_free (text);
}

void
gdp_append_caps (GByteArray *packets, guint8 track, const GstCaps *caps)
{
  append_text (packets, track, GDP_CAPS, gst_caps_to_string (caps));
}

void
gdp_append_event (GByteArray *packets, GstEvent *event)
{
  append_text (packets, 0, GDP_EVENT + GST_EVENT_TYPE (event),
               gst_structure_to_string (gst_event_get_structure (event)));
}

void
gdp_append_buffer_header (GByteArray *packets, guint8 track, GstBuffer *buffer)
{
  guint8 header[GDP_HEADER_SIZE];

  begin_header (header, track, GDP_BUFFER, gst_buffer_get_size (buffer));
  put (header, AT_PTS, 8, GST_BUFFER_PTS (buffer));
  put (header, AT_DURATION, 8, GST_BUFFER_DURATION (buffer));
  put (header, AT_OFFSET, 8, GST_BUFFER_OFFSET (buffer));
  put (header, AT_OFFSET_END, 8, GST_BUFFER_OFFSET_END (buffer));
  put (header, AT_FLAGS, 2, GST_BUFFER_FLAGS (buffer) & FLAGS);
  put (header, AT_DTS, 8, GST_BUFFER_DTS (buffer));
  g_byte_array_append (packets, header, sizeof header);
}

gboolean
gdp_read_header (const guint8 bytes[GDP_HEADER_SIZE], GdpHeader *header)
{
  guint type = (guint)get (bytes, AT_TYPE, 2);

  header->type = type >= GDP_EVENT ? GDP_EVENT : (GdpType)type;
  header->track = bytes[AT_TRACK];
  header->size = (guint32)get (bytes, AT_SIZE, 4);
  return bytes[0] == MAJOR && (type == GDP_BUFFER || type == GDP_CAPS || type >= GDP_EVENT);
}

GstBuffer *
gdp_read_buffer (const guint8 bytes[GDP_HEADER_SIZE])
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, get (bytes, AT_SIZE, 4), NULL);

  GST_BUFFER_PTS (buffer) = get (bytes, AT_PTS, 8);
  GST_BUFFER_DTS (buffer) = get (bytes, AT_DTS, 8);
  GST_BUFFER_DURATION (buffer) = get (bytes, AT_DURATION, 8);
  GST_BUFFER_FLAG_SET (buffer, get (bytes, AT_FLAGS, 2) & FLAGS);
  return buffer;
}

GstCaps *
gdp_read_caps (const guint8 *payload, gsize size)
{
  if (size == 0 || payload[size - 1] != '\0')
    return NULL;
  return gst_caps_from_string ((const char *)payload);
}
