#include "pump.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>

/* A record of TLS has up to 16 KiB. */
#define BUFFER_BYTES (16 * 1024)

typedef struct
{
  char bytes[BUFFER_BYTES];
  gsize start, end; /* what is still to be written */
} Buffer;

typedef struct
{
  int plain;
  GPollableInputStream *in;
  GPollableOutputStream *out;
  Buffer to_client, to_plain;
  gboolean plain_ended;
  gboolean over;
  GMainLoop *loop;
  GSource *waits[3]; /* NULL: not waited for */
} Pump;

static gboolean
is_empty (const Buffer *buffer)
{
  return buffer->start == buffer->end;
}

/* Notes what a read or a write of `buffer` gave. TRUE if there was progress. */
static gboolean
note (gssize length, gsize *position)
{
  if (length <= 0)
    return FALSE;
  *position += (gsize)length;
  return TRUE;
}

static void
rewind_buffer (Buffer *buffer)
{
  if (is_empty (buffer))
    buffer->start = buffer->end = 0;
}

static gboolean
read_plain (Pump *self)
{
  Buffer *buffer = &self->to_client;
  if (!is_empty (buffer) || self->plain_ended)
    return FALSE;
  ssize_t length = recv (self->plain, buffer->bytes, sizeof buffer->bytes, 0);
  if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
    self->plain_ended = TRUE;
  return note (length, &buffer->end);
}

static gboolean
write_plain (Pump *self)
{
  Buffer *buffer = &self->to_plain;
  if (is_empty (buffer))
    return FALSE;
  ssize_t length = send (self->plain, buffer->bytes + buffer->start, buffer->end - buffer->start, MSG_NOSIGNAL);
  if (length < 0 && errno != EAGAIN && errno != EINTR)
    self->plain_ended = TRUE;
  gboolean moved = note (length, &buffer->start);
  rewind_buffer (buffer);
  return moved;
}

static gboolean
has_failed (gssize length, const GError *error)
{
  return length < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static gboolean
read_client (Pump *self)
{
  Buffer *buffer = &self->to_plain;
  g_autoptr (GError) error = NULL;
  if (!is_empty (buffer))
    return FALSE;
  gssize length
      = g_pollable_input_stream_read_nonblocking (self->in, buffer->bytes, sizeof buffer->bytes, NULL, &error);
  if (length == 0 || has_failed (length, error))
    self->over = TRUE;
  return note (length, &buffer->end);
}

static gboolean
write_client (Pump *self)
{
  Buffer *buffer = &self->to_client;
  g_autoptr (GError) error = NULL;
  if (is_empty (buffer))
    return FALSE;
  gssize length = g_pollable_output_stream_write_nonblocking (self->out, buffer->bytes + buffer->start,
                                                              buffer->end - buffer->start, NULL, &error);
  if (has_failed (length, error))
    self->over = TRUE;
  gboolean moved = note (length, &buffer->start);
  rewind_buffer (buffer);
  return moved;
}

static void
stop_waiting (Pump *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->waits); i++) {
    if (self->waits[i] != NULL)
      g_source_destroy (self->waits[i]);
    g_clear_pointer (&self->waits[i], g_source_unref);
  }
}

static void go_on (Pump *self);

static gboolean
on_stream (GObject *stream, gpointer data)
{
  go_on (data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_plain (int fd, GIOCondition condition, gpointer data)
{
  go_on (data);
  return G_SOURCE_REMOVE;
}

/* (transfer full) `source`. */
static void
wait_for (Pump *self, guint slot, GSource *source, GSourceFunc callback)
{
  g_source_set_callback (source, callback, self, NULL);
  g_source_attach (source, NULL);
  self->waits[slot] = source;
}

static void
wait_for_all (Pump *self)
{
  GIOCondition plain = (is_empty (&self->to_client) ? G_IO_IN : 0) | (is_empty (&self->to_plain) ? 0 : G_IO_OUT);
  if (plain != 0 && !self->plain_ended)
    wait_for (self, 0, g_unix_fd_source_new (self->plain, plain), G_SOURCE_FUNC (on_plain));
  if (is_empty (&self->to_plain))
    wait_for (self, 1, g_pollable_input_stream_create_source (self->in, NULL), G_SOURCE_FUNC (on_stream));
  if (!is_empty (&self->to_client))
    wait_for (self, 2, g_pollable_output_stream_create_source (self->out, NULL), G_SOURCE_FUNC (on_stream));
}

static void
go_on (Pump *self)
{
  gboolean moved;
  stop_waiting (self);
  do {
    moved = write_client (self);
    moved |= read_plain (self);
    moved |= write_plain (self);
    moved |= read_client (self);
  } while (moved && !self->over);
  if (self->plain_ended && is_empty (&self->to_client))
    self->over = TRUE;
  if (self->over)
    g_main_loop_quit (self->loop);
  else
    wait_for_all (self);
}

gboolean
pump_run (GIOStream *tls, int plain)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree Pump *self = g_new0 (Pump, 1);
  self->plain = plain;
  self->in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (tls));
  self->out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (tls));
  self->loop = loop;
  go_on (self);
  if (!self->over)
    g_main_loop_run (loop);
  return self->plain_ended;
}
