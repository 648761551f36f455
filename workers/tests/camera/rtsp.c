#include "rtsp.h"

#include "rig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536
#define PACKET_HEAD 4

void
rtsp_open (Rtsp *self, guint16 port, const char *path)
{
  *self = (Rtsp){ .port = port, .path = path, .unread = g_byte_array_new () };
  self->fd = rig_connect (port);
  g_assert_cmpint (self->fd, >=, 0);
}

void
rtsp_close (Rtsp *self)
{
  close (self->fd);
  g_free (self->session);
  g_byte_array_unref (self->unread);
}

/* What recv() returned; errno tells more. */
static ssize_t
fill (Rtsp *self)
{
  guint before = self->unread->len;
  g_byte_array_set_size (self->unread, before + CHUNK);
  ssize_t length = recv (self->fd, self->unread->data + before, CHUNK, 0);
  g_byte_array_set_size (self->unread, before + MAX (length, 0));
  if (length < 0 && errno != ECONNRESET)
    g_error ("waiting for the camera: %s", g_strerror (errno));
  return length;
}

/* Of the first item that was read, or 0 if it is not whole. `body`: where it begins. */
static gsize
item_length (Rtsp *self, gsize *body)
{
  const char *bytes = (const char *)self->unread->data;
  gsize length = self->unread->len;
  if (length == 0)
    return 0;
  if (bytes[0] == '$') {
    *body = PACKET_HEAD;
    gsize whole
        = length < PACKET_HEAD ? G_MAXSIZE : PACKET_HEAD + (gsize)(self->unread->data[2] << 8 | self->unread->data[3]);
    return whole <= length ? whole : 0;
  }
  const char *end = g_strstr_len (bytes, length, "\r\n\r\n");
  if (end == NULL)
    return 0;
  *body = end + 4 - bytes;
  const char *header = g_strstr_len (bytes, *body, "Content-Length: ");
  gsize whole = *body + (header != NULL ? strtoul (header + strlen ("Content-Length: "), NULL, 10) : 0);
  return whole <= length ? whole : 0;
}

/* The next packet or answer, or NULL at the end. (transfer full) */
static GBytes *
take_item (Rtsp *self)
{
  gsize body, length;
  while ((length = item_length (self, &body)) == 0)
    if (fill (self) <= 0)
      return NULL;
  GBytes *item = g_bytes_new (self->unread->data, length);
  g_byte_array_remove_range (self->unread, 0, length);
  return item;
}

void
rtsp_send (Rtsp *self, const char *method, const char *headers)
{
  g_autofree char *session = self->session != NULL ? g_strdup_printf ("Session: %s\r\n", self->session) : g_strdup ("");
  g_autofree char *request
      = g_strdup_printf ("%s rtsp://127.0.0.1:%u%s RTSP/1.0\r\nCSeq: %u\r\n%s%s\r\n", method, self->port, self->path,
                         ++self->sequence, session, headers != NULL ? headers : "");
  rig_send (self->fd, request);
}

char *
rtsp_receive (Rtsp *self)
{
  for (;;) {
    g_autoptr (GBytes) item = take_item (self);
    g_assert_nonnull (item);
    gsize length;
    const char *bytes = g_bytes_get_data (item, &length);
    if (bytes[0] != '$')
      return g_strndup (bytes, length);
  }
}

char *
rtsp_ask (Rtsp *self, const char *method, const char *headers)
{
  rtsp_send (self, method, headers);
  return rtsp_receive (self);
}

static int
status_of (const char *answer)
{
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 "));
  return atoi (answer + strlen ("RTSP/1.0 "));
}

int
rtsp_status (Rtsp *self, const char *method, const char *headers)
{
  g_autofree char *answer = rtsp_ask (self, method, headers);
  return status_of (answer);
}

static void
keep_session (Rtsp *self, const char *answer)
{
  const char *header = strstr (answer, "Session: ");
  if (header == NULL)
    return;
  header += strlen ("Session: ");
  g_free (self->session);
  self->session = g_strndup (header, strcspn (header, ";\r"));
}

int
rtsp_set_up (Rtsp *self, guint tracks)
{
  const char *path = self->path;
  int status = 200;
  for (guint i = 0; i < tracks && status == 200; i++) {
    g_autofree char *track = g_strdup_printf ("%s/stream=%u", path, i);
    g_autofree char *transport
        = g_strdup_printf ("Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u\r\n", 2 * i, 2 * i + 1);
    self->path = track;
    g_autofree char *answer = rtsp_ask (self, "SETUP", transport);
    self->path = path;
    status = status_of (answer);
    keep_session (self, answer);
  }
  return status;
}

int
rtsp_play (Rtsp *self, guint tracks)
{
  int status = rtsp_status (self, "DESCRIBE", NULL);
  if (status == 200)
    status = rtsp_set_up (self, tracks);
  return status == 200 ? rtsp_status (self, "PLAY", NULL) : status;
}

void
rtsp_open_and_play (Rtsp *self, guint16 port, const char *path, guint tracks)
{
  rtsp_open (self, port, path);
  g_assert_cmpint (rtsp_play (self, tracks), ==, 200);
}

void
packet_clear (Packet *packet)
{
  g_clear_pointer (&packet->bytes, g_bytes_unref);
}

gboolean
rtsp_next (Rtsp *self, guint8 channel, Packet *packet)
{
  packet_clear (packet);
  for (;;) {
    g_autoptr (GBytes) item = take_item (self);
    if (item == NULL)
      return FALSE;
    gsize length;
    const guint8 *bytes = g_bytes_get_data (item, &length);
    if (bytes[0] != '$' || bytes[1] != channel || length < PACKET_HEAD + 8)
      continue;
    const guint8 *media = bytes + PACKET_HEAD;
    *packet = (Packet){ .channel = channel,
                        .sequence = media[2] << 8 | media[3],
                        .time = (guint32)media[4] << 24 | media[5] << 16 | media[6] << 8 | media[7],
                        .bytes = g_bytes_new_from_bytes (item, PACKET_HEAD, length - PACKET_HEAD) };
    return TRUE;
  }
}

void
rtsp_take (Rtsp *self, guint8 channel, guint packets)
{
  g_auto (Packet) packet = { 0 };
  for (guint i = 0; i < packets; i++)
    g_assert_true (rtsp_next (self, channel, &packet));
}

gboolean
rtsp_ends_with_reset (Rtsp *self)
{
  ssize_t length;
  while ((length = fill (self)) > 0)
    g_byte_array_set_size (self->unread, 0);
  return length < 0;
}

GByteArray *
rtsp_rest (Rtsp *self)
{
  ssize_t length;
  while ((length = fill (self)) > 0)
    ;
  g_assert_cmpint (length, ==, 0);
  gsize body;
  while ((length = item_length (self, &body)) > 0)
    g_byte_array_remove_range (self->unread, 0, length);
  return g_byte_array_ref (self->unread);
}

gboolean
rtsp_is_silent (Rtsp *self, guint ms)
{
  struct pollfd fd = { self->fd, POLLIN, 0 };
  /* What was on its way. */
  while (poll (&fd, 1, 100) > 0 && fill (self) > 0)
    ;
  g_byte_array_set_size (self->unread, 0);
  return poll (&fd, 1, ms) == 0;
}
