#include "rtsp-script.h"

#include <string.h>

struct _RtspScript
{
  const ScriptStep *steps;
  GSocketListener *listener;
  guint16 port;
  GThread *thread;
  GCancellable *ended;
  GMutex lock;
  GCond done;
  gboolean is_done;
};

/* Receiver reports and the like; FALSE at the end of the connection. */
static gboolean
skip_packets (GDataInputStream *input, GCancellable *ended)
{
  for (;;) {
    if (g_buffered_input_stream_get_available (G_BUFFERED_INPUT_STREAM (input)) == 0)
      g_buffered_input_stream_fill (G_BUFFERED_INPUT_STREAM (input), 1, ended, NULL);
    gsize size = 0;
    const char *bytes = g_buffered_input_stream_peek_buffer (G_BUFFERED_INPUT_STREAM (input), &size);
    if (size == 0 || bytes[0] != '$')
      return size > 0;
    g_input_stream_skip (G_INPUT_STREAM (input), 2, ended, NULL);
    guint16 length = g_data_input_stream_read_uint16 (input, ended, NULL);
    for (gssize left = length, part; left > 0; left -= part)
      if ((part = g_input_stream_skip (G_INPUT_STREAM (input), (gsize)left, ended, NULL)) <= 0)
        return FALSE;
  }
}

static char *
read_request (GDataInputStream *input, GCancellable *ended)
{
  g_autoptr (GString) request = g_string_new (NULL);

  if (!skip_packets (input, ended))
    return NULL;
  for (;;) {
    g_autofree char *line = g_data_input_stream_read_line (input, NULL, ended, NULL);
    if (line == NULL)
      return NULL;
    if (line[0] == '\0' && request->len > 0)
      return g_strdup (request->str);
    g_string_append_printf (request, "%s\n", line);
  }
}

static char *
cseq_of (const char *request)
{
  const char *line = request != NULL ? strstr (request, "CSeq: ") : NULL;

  return line != NULL ? g_strndup (line, strcspn (line, "\n")) : g_strdup ("CSeq: 0");
}

static void
answer (RtspScript *self, const ScriptStep *step, const char *request, GOutputStream *output)
{
  g_autofree char *port = g_strdup_printf ("%u", self->port);
  g_autofree char *cseq = cseq_of (request);
  g_autoptr (GString) text = g_string_new (step->answer);
  g_string_replace (text, "CSeq: ?", cseq, 0);
  g_string_replace (text, "PORT", port, 0);
  for (gsize i = 0; i < text->len; i++)
    if (text->str[i] == '~')
      text->str[i] = '\0';
  g_output_stream_write_all (output, text->str, text->len, NULL, self->ended, NULL);
}

/* Returns the step that the next connection goes on with. */
static const ScriptStep *
serve (RtspScript *self, const ScriptStep *step, GSocketConnection *connection)
{
  g_autoptr (GDataInputStream) input
      = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));

  g_data_input_stream_set_newline_type (input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  for (; step->request != NULL; step++) {
    g_autofree char *request = NULL;
    if (step->request[0] != '\0') {
      request = read_request (input, self->ended);
      if (g_cancellable_is_cancelled (self->ended))
        break;
      if (request == NULL || strstr (request, step->request) == NULL)
        g_error ("instead of \"%s\" came:\n%s", step->request, request);
    }
    if (step->answer == NULL) {
      g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      return step + 1;
    }
    answer (self, step, request, g_io_stream_get_output_stream (G_IO_STREAM (connection)));
  }
  return step;
}

static void
wait_for_end (RtspScript *self)
{
  g_mutex_lock (&self->lock);
  self->is_done = TRUE;
  g_cond_broadcast (&self->done);
  g_mutex_unlock (&self->lock);

  GPollFD end = { 0 };
  if (g_cancellable_make_pollfd (self->ended, &end)) {
    g_poll (&end, 1, -1);
    g_cancellable_release_fd (self->ended);
  }
}

static gpointer
run (gpointer user_data)
{
  RtspScript *self = user_data;
  const ScriptStep *step = self->steps;

  while (!self->is_done) {
    g_autoptr (GSocketConnection) connection = g_socket_listener_accept (self->listener, NULL, self->ended, NULL);
    if (connection == NULL)
      return NULL;
    step = serve (self, step, connection);
    if (step->request == NULL)
      wait_for_end (self);
  }
  return NULL;
}

RtspScript *
rtsp_script_start (const ScriptStep *steps)
{
  RtspScript *self = g_new0 (RtspScript, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  self->steps = steps;
  self->ended = g_cancellable_new ();
  self->listener = g_socket_listener_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->done);
  g_assert_true (g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                                NULL, &bound, NULL));
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->thread = g_thread_new ("script", run, self);
  return self;
}

guint16
rtsp_script_port (RtspScript *self)
{
  return self->port;
}

char *
rtsp_script_uri (RtspScript *self)
{
  return g_strdup_printf ("rtsp://127.0.0.1:%u/cam", self->port);
}

void
rtsp_script_wait (RtspScript *self)
{
  g_mutex_lock (&self->lock);
  while (!self->is_done)
    g_cond_wait (&self->done, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
rtsp_script_end (RtspScript *self)
{
  g_cancellable_cancel (self->ended);
  g_thread_join (self->thread);
  g_object_unref (self->listener);
  g_object_unref (self->ended);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->done);
  g_free (self);
}
