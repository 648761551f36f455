#include "rtsp-reader.h"
#include "rtp-bytes.h"

#include <string.h>

/* A full interleaved packet (64 KiB) or a message with its body fits, and many packets are read at once. */
#define CAPACITY (192 * 1024)
#define MAX_HEADERS (16 * 1024)
#define MAX_BODY (128 * 1024)
/* Between one thing that is understood and the next. */
#define MAX_JUNK (128 * 1024)
#define PACKET_HEADER 4
/* What fits into an Ethernet frame. */
#define LIKELY_PACKET 1500
/* The longest start of a message by which it is told from junk: a method and a space, or "RTSP/". */
#define MAX_METHOD 16

struct _RtspReader
{
  const RtspReaderFuncs *funcs;
  gpointer user_data;
  guint8 *bytes;
  gsize start;
  gsize end;
  gboolean understood; /* something, so far: before, the server is none */
  gsize junk;          /* since the last thing understood */
  guint64 skipped;
  guint channels; /* one more than the highest channel of a packet so far */
  gsize longest;  /* packet so far */
};

typedef enum
{
  STEP_TAKEN,
  STEP_INCOMPLETE,
  STEP_JUNK,
  STEP_TOO_LONG
} Step;

RtspReader *
rtsp_reader_new (const RtspReaderFuncs *funcs, gpointer user_data)
{
  RtspReader *self = g_new0 (RtspReader, 1);

  self->funcs = funcs;
  self->user_data = user_data;
  self->bytes = g_malloc (CAPACITY);
  return self;
}

void
rtsp_reader_free (RtspReader *self)
{
  g_free (self->bytes);
  g_free (self);
}

guint8 *
rtsp_reader_space (RtspReader *self, gsize *size)
{
  *size = CAPACITY - self->end;
  return self->bytes + self->end;
}

guint64
rtsp_reader_skipped (RtspReader *self)
{
  return self->skipped;
}

/* After junk a '$' may be a byte of some picture: then it must look like RTP or RTCP, on a channel that is in use, and
 * be no longer than packets are here, because what a wrong length takes is lost. */
static gboolean
looks_like_packet (RtspReader *self, const guint8 *bytes, gsize size)
{
  if (self->junk == 0)
    return TRUE;
  return bytes[1] < self->channels && size > PACKET_HEADER && bytes[PACKET_HEADER] >> 6 == 2
         && rtp_read_16 (bytes + 2) <= MAX (self->longest, LIKELY_PACKET);
}

static Step
take_packet (RtspReader *self, const guint8 *bytes, gsize size)
{
  if (size < PACKET_HEADER + (self->junk > 0))
    return STEP_INCOMPLETE;
  if (!looks_like_packet (self, bytes, size))
    return STEP_JUNK;
  gsize length = rtp_read_16 (bytes + 2);
  if (size < PACKET_HEADER + length)
    return STEP_INCOMPLETE;
  self->channels = MAX (self->channels, bytes[1] + 1u);
  self->longest = MAX (self->longest, length);
  self->start += PACKET_HEADER + length;
  self->funcs->packet (bytes[1], bytes + PACKET_HEADER, length, self->user_data);
  return STEP_TAKEN;
}

/* Bytes up to and with the empty line; 0 if it is not there yet. */
static gsize
headers_length (const guint8 *bytes, gsize size)
{
  gboolean at_start = FALSE;

  for (gsize i = 0; i < size; i++) {
    if (bytes[i] == '\n') {
      if (at_start)
        return i + 1;
      at_start = TRUE;
    } else if (bytes[i] != '\r') {
      at_start = FALSE;
    }
  }
  return 0;
}

static Step
take_message (RtspReader *self, const guint8 *bytes, gsize size)
{
  gsize headers = headers_length (bytes, MIN (size, MAX_HEADERS));

  if (headers == 0)
    return size >= MAX_HEADERS ? STEP_TOO_LONG : STEP_INCOMPLETE;
  g_autoptr (GstRTSPMessage) message = rtsp_message_parse ((const char *)bytes, headers);
  if (message == NULL)
    return STEP_JUNK;
  gsize body = rtsp_message_content_length (message);
  if (body > MAX_BODY)
    return STEP_TOO_LONG;
  if (size < headers + body)
    return STEP_INCOMPLETE;
  if (body > 0)
    gst_rtsp_message_set_body (message, bytes + headers, (guint)body);
  self->start += headers + body;
  self->funcs->message (g_steal_pointer (&message), self->user_data);
  return STEP_TAKEN;
}

/* Whether a message may begin here, as far as the bytes go. */
static gboolean
begins_message (RtspReader *self, const guint8 *bytes, gsize size)
{
  static const char version[] = "RTSP/";
  gsize letters = 0;

  if (memcmp (bytes, version, MIN (size, strlen (version))) == 0)
    return TRUE;
  if (self->junk > 0)
    return FALSE;
  while (letters < MIN (size, MAX_METHOD) && (g_ascii_isupper (bytes[letters]) || bytes[letters] == '_'))
    letters++;
  return letters == size || (letters > 2 && bytes[letters] == ' ');
}

static Step
take_next (RtspReader *self)
{
  const guint8 *bytes = self->bytes + self->start;
  gsize size = self->end - self->start;

  if (bytes[0] == '$')
    return take_packet (self, bytes, size);
  return begins_message (self, bytes, size) ? take_message (self, bytes, size) : STEP_JUNK;
}

/* Empty lines before a message are allowed. */
static void
skip_line_ends (RtspReader *self)
{
  while (self->junk == 0 && self->start < self->end
         && (self->bytes[self->start] == '\r' || self->bytes[self->start] == '\n'))
    self->start++;
}

static void
make_space (RtspReader *self)
{
  if (self->start == 0)
    return;
  memmove (self->bytes, self->bytes + self->start, self->end - self->start);
  self->end -= self->start;
  self->start = 0;
}

const char *
rtsp_reader_parse (RtspReader *self, gsize size)
{
  self->end += size;
  for (;;) {
    skip_line_ends (self);
    if (self->start == self->end)
      break;
    switch (take_next (self)) {
    case STEP_TAKEN:
      self->understood = TRUE;
      self->junk = 0;
      break;
    case STEP_INCOMPLETE:
      make_space (self);
      return NULL;
    case STEP_JUNK:
      if (!self->understood)
        return "What answers there does not speak RTSP.";
      self->start++;
      self->skipped++;
      if (++self->junk > MAX_JUNK)
        return "The camera sends what is no RTSP.";
      break;
    case STEP_TOO_LONG:
      return "The camera sent an RTSP message that is too long.";
    }
  }
  make_space (self);
  return NULL;
}
