#include "rtsp-client.h"
#include "fdpass.h"
#include "reports.h"
#include "rig.h"
#include "rtp-bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The two ends of a TCP connection over the loopback. */
static void
connect_pair (int ends[2])
{
  int listener = socket (AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  g_assert_cmpint (bind (listener, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *)&address, &length), ==, 0);
  ends[0] = rig_connect (ntohs (address.sin_port));
  ends[1] = accept (listener, NULL, NULL);
  g_assert_cmpint (ends[1], >=, 0);
  close (listener);
}

Client *
client_new (const char *directory)
{
  int router;
  Client *self = client_new_with (directory, "{\"address\":\"192.0.2.7\",\"port\":50312}", &router);

  close (router);
  return self;
}

Client *
client_new_with (const char *directory, const char *line, int *router)
{
  Client *self = g_new0 (Client, 1);
  int ends[2];

  *router = rig_connect_unix (directory, "rtsp.sock");

  connect_pair (ends);
  self->fd = ends[0];
  self->received = g_byte_array_new ();
  self->transport = "RTP/AVP/TCP;unicast;interleaved=0-1";
  g_assert_true (fdpass_send (*router, ends[1], line, NULL));
  close (ends[1]);
  return self;
}

void
client_free (Client *self)
{
  close (self->fd);
  g_free (self->session);
  g_free (self->set_up);
  g_free (self->playing);
  g_byte_array_unref (self->received);
  g_free (self);
}

void
client_read (Client *self)
{
  guint8 data[65536];
  ssize_t n_read = recv (self->fd, data, sizeof data, MSG_DONTWAIT);

  if (n_read > 0)
    g_byte_array_append (self->received, data, (guint)n_read);
  else if (n_read == 0 || errno != EAGAIN)
    self->ended = TRUE;
}

gboolean
client_has_ended (gpointer user_data)
{
  client_read (user_data);
  return ((Client *)user_data)->ended;
}

/* Where the answer begins: behind the packets that came before it. FALSE when only packets came. */
static gboolean
find_answer (Client *self, gsize *at)
{
  const guint8 *data = self->received->data;

  for (*at = 0; *at + 4 <= self->received->len && data[*at] == '$'; *at += 4 + rtp_read_16 (data + *at + 2))
    ;
  return *at < self->received->len && data[*at] != '$';
}

/* Length of the whole answer there, or 0. */
static gsize
answer_length (Client *self, gsize at)
{
  const char *answer = (const char *)self->received->data + at;
  gsize size = self->received->len - at;
  const char *end = g_strstr_len (answer, (gssize)size, "\r\n\r\n");

  if (end == NULL)
    return 0;
  gsize head = (gsize)(end + 4 - answer);
  const char *body = g_strstr_len (answer, (gssize)head, "Content-Length:");
  gsize whole = head + (body != NULL ? g_ascii_strtoull (body + strlen ("Content-Length:"), NULL, 10) : 0);
  return size >= whole ? whole : 0;
}

gboolean
client_has_answer (gpointer user_data)
{
  Client *self = user_data;
  gsize at = 0;

  client_read (self);
  return (find_answer (self, &at) && answer_length (self, at) > 0) || self->ended;
}

void
client_send (Client *self, const char *method, const char *path, const char *headers)
{
  g_autofree char *request
      = g_strdup_printf ("%s rtsp://127.0.0.1:8554%s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: test\r\n%s\r\n", method, path,
                         ++self->sequence, headers);

  rig_send (self->fd, request);
}

char *
client_ask (Client *self, const char *method, const char *path, const char *headers)
{
  client_send (self, method, path, headers);
  reports_run_until (client_has_answer, self);
  gsize at = 0;
  gsize length = find_answer (self, &at) ? answer_length (self, at) : 0;
  char *answer = g_strndup ((const char *)self->received->data + at, length);
  if (length > 0)
    g_byte_array_remove_range (self->received, (guint)at, (guint)length);
  return answer;
}

void
client_play (Client *self, const char *path)
{
  g_autofree char *stream = g_strconcat (path, "/stream=0", NULL);
  g_autofree char *transport = g_strdup_printf ("Transport: %s\r\n", self->transport);
  g_autofree char *sdp = client_ask (self, "DESCRIBE", path, "");
  g_free (self->set_up);
  self->set_up = client_ask (self, "SETUP", stream, transport);
  const char *session = strstr (self->set_up, "Session: ");

  g_assert_nonnull (strstr (sdp, " 200 "));
  g_assert_nonnull (session);
  g_free (self->session);
  self->session = g_strdup_printf ("%.*s\r\n", (int)strcspn (session, ";\r"), session);
  g_free (self->playing);
  self->playing = client_ask (self, "PLAY", path, self->session);
  g_assert_nonnull (strstr (self->playing, " 200 "));
}

void
client_send_control (Client *self, const guint8 *packets, guint size)
{
  const guint8 head[] = { '$', 1, (guint8)(size >> 8), (guint8)size };

  g_assert_cmpint (send (self->fd, head, sizeof head, MSG_NOSIGNAL), ==, sizeof head);
  g_assert_cmpint (send (self->fd, packets, size, MSG_NOSIGNAL), ==, size);
}
