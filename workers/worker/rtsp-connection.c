#include "rtsp-connection.h"
#include "reporter.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

struct _RtspConnection
{
  GIOStream *stream; /* the socket connection, or TLS over it */
  GSocketConnection *socket_connection;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  GByteArray *unsent;
  GCancellable *cancellable; /* NULL: not to be looked at any more */
  GPollFD poll[2];           /* the socket and the cancellable */
  guint n_poll;
};

static JsonNode *
failure_of (const GError *error)
{
  static const struct
  {
    gint code;
    const char *reason;
  } reasons[] = {
    { G_IO_ERROR_CANCELLED, "stopped" },
    { G_IO_ERROR_CONNECTION_REFUSED, "refused" },
    { G_IO_ERROR_HOST_UNREACHABLE, "unreachable" },
    { G_IO_ERROR_NETWORK_UNREACHABLE, "unreachable" },
    { G_IO_ERROR_TIMED_OUT, "connectTimeout" },
    { G_IO_ERROR_CONNECTION_CLOSED, "reset" },
    { G_IO_ERROR_HOST_NOT_FOUND, "dnsFailed" },
  };

  if (error->domain == G_RESOLVER_ERROR)
    return failure_new ("dnsFailed", "%s", error->message);
  if (error->domain == G_TLS_ERROR)
    return failure_new ("tlsFailed", "%s", error->message);
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_error_matches (error, G_IO_ERROR, reasons[i].code))
      return failure_new (reasons[i].reason, "%s", error->message);
  return failure_from_error ("rtsp", error, NULL);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static GAsyncResult *
await (GMainContext *context, GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (context, TRUE);
  return *slot;
}

static gboolean
accept_any (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags flaws, gpointer user_data)
{
  return TRUE;
}

static gboolean
set_trust (GTlsConnection *tls, const RtspSecurity *security, GError **error)
{
  if (security->any_identity)
    g_signal_connect (tls, "accept-certificate", G_CALLBACK (accept_any), NULL);
  if (security->ca_file == NULL)
    return TRUE;
  g_autoptr (GTlsDatabase) trusted = g_tls_file_database_new (security->ca_file, error);
  if (trusted == NULL)
    return FALSE;
  g_tls_connection_set_database (tls, trusted);
  return TRUE;
}

/* What is wrong with the certificate, in words; NULL if that is not the trouble. */
static const char *
flaw_of (GTlsConnection *tls)
{
  GTlsCertificateFlags flaws = g_tls_connection_get_peer_certificate_errors (tls);

  if (flaws & G_TLS_CERTIFICATE_EXPIRED)
    return "The camera's certificate has expired.";
  if (flaws & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return "The camera's certificate is not valid yet: one of the clocks is wrong.";
  if (flaws & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return "The camera's certificate is for another host.";
  if (flaws & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return "The camera's certificate is signed by nobody who is trusted here.";
  return flaws != 0 ? "The camera's certificate is not acceptable." : NULL;
}

static GIOStream *
shake_hands (GMainContext *context, GSocketConnection *connection, GSocketConnectable *identity,
             const RtspSecurity *security, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GIOStream) stream = g_tls_client_connection_new (G_IO_STREAM (connection), identity, error);

  if (stream == NULL)
    return NULL;
  GTlsConnection *tls = G_TLS_CONNECTION (stream);
  g_tls_connection_set_require_close_notify (tls, FALSE);
  if (!set_trust (tls, security, error))
    return NULL;
  g_tls_connection_handshake_async (tls, G_PRIORITY_DEFAULT, cancellable, on_done, &result);
  if (g_tls_connection_handshake_finish (tls, await (context, &result), error))
    return g_steal_pointer (&stream);
  if (flaw_of (tls) != NULL && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_clear_error (error);
    g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, flaw_of (tls));
  }
  return NULL;
}

static JsonNode *
tls_failure (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return failure_of (error);
  return failure_new ("tlsFailed", "%s", error->message);
}

static RtspConnection *
connection_new (GSocketConnection *connection, GIOStream *stream, GCancellable *cancellable)
{
  RtspConnection *self = g_new0 (RtspConnection, 1);
  GSocket *socket = g_socket_connection_get_socket (connection);

  /* A camera that is gone without a word is found sooner or later even when nothing else watches. */
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  self->socket_connection = g_object_ref (connection);
  self->stream = g_object_ref (stream);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->unsent = g_byte_array_new ();
  self->poll[self->n_poll++].fd = g_socket_get_fd (socket);
  self->cancellable = g_object_ref (cancellable);
  if (g_cancellable_make_pollfd (cancellable, &self->poll[self->n_poll]))
    self->n_poll++;
  return self;
}

static RtspConnection *
open_in (GMainContext *context, const char *host, guint16 port, const RtspSecurity *security, GCancellable *cancellable,
         JsonNode **failure)
{
  g_autoptr (GSocketConnectable) address = g_network_address_new (host, port);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, address, cancellable, on_done, &result);
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (client, await (context, &result), &error);
  if (connection == NULL) {
    *failure = failure_of (error);
    return NULL;
  }
  if (!security->is_tls)
    return connection_new (connection, G_IO_STREAM (connection), cancellable);
  g_autoptr (GIOStream) tls = shake_hands (context, connection, address, security, cancellable, &error);
  if (tls == NULL) {
    *failure = tls_failure (error);
    return NULL;
  }
  return connection_new (connection, tls, cancellable);
}

RtspConnection *
rtsp_connection_open (const char *host, guint16 port, const RtspSecurity *security, GCancellable *cancellable,
                      JsonNode **failure)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  RtspConnection *self = open_in (context, host, port, security, cancellable, failure);
  /* The attempts at the host's other addresses end here. */
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_main_context_pop_thread_default (context);
  return self;
}

void
rtsp_connection_outlive_cancel (RtspConnection *self)
{
  if (self->n_poll > 1)
    g_cancellable_release_fd (self->cancellable);
  self->n_poll = 1;
  g_clear_object (&self->cancellable);
}

void
rtsp_connection_close (RtspConnection *self)
{
  if (self->cancellable != NULL)
    rtsp_connection_outlive_cancel (self);
  /* Not the TLS stream: its farewell would have to be waited for. */
  g_socket_close (g_socket_connection_get_socket (self->socket_connection), NULL);
  g_object_unref (self->stream);
  g_object_unref (self->socket_connection);
  g_byte_array_unref (self->unsent);
  g_free (self);
}

static void
flush (RtspConnection *self)
{
  while (self->unsent->len > 0) {
    gssize sent
        = g_pollable_output_stream_write_nonblocking (self->output, self->unsent->data, self->unsent->len, NULL, NULL);
    /* A connection that is broken shows that in the next read. */
    if (sent <= 0)
      return;
    g_byte_array_remove_range (self->unsent, 0, (guint)sent);
  }
}

void
rtsp_connection_write (RtspConnection *self, const void *bytes, gsize size)
{
  g_byte_array_append (self->unsent, bytes, (guint)size);
  flush (self);
}

gboolean
rtsp_connection_is_congested (RtspConnection *self)
{
  return self->unsent->len > 0;
}

/* -1: would block. */
static gssize
try_read (RtspConnection *self, guint8 *bytes, gsize size, JsonNode **failure)
{
  g_autoptr (GError) error = NULL;
  gssize got = g_pollable_input_stream_read_nonblocking (self->input, bytes, size, NULL, &error);

  if (got > 0 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return got;
  *failure = got == 0 ? failure_new ("endOfStream", "The camera closed the connection.") : failure_of (error);
  return -1;
}

static void
wait_until (RtspConnection *self, gint64 deadline_us)
{
  gint64 left = MAX (deadline_us - g_get_monotonic_time (), 0);

  self->poll[0].events = (gushort)(G_IO_IN | (self->unsent->len > 0 ? G_IO_OUT : 0));
  self->poll[0].revents = 0;
  g_poll (self->poll, self->n_poll, (gint)MIN ((left + 999) / 1000, G_MAXINT));
  if (self->poll[0].revents & G_IO_OUT)
    flush (self);
}

gssize
rtsp_connection_read (RtspConnection *self, guint8 *bytes, gsize size, gint64 deadline_us, JsonNode **failure)
{
  *failure = NULL;
  /* TLS may hold bytes that the socket does not show any more; a plain socket is worth a look only after the wait. */
  gssize got = self->stream == G_IO_STREAM (self->socket_connection) ? -1 : try_read (self, bytes, size, failure);
  if (got > 0 || *failure != NULL)
    return got;
  for (;;) {
    wait_until (self, deadline_us);
    if (self->cancellable != NULL && g_cancellable_is_cancelled (self->cancellable)) {
      *failure = failure_new ("stopped", "The connection to the camera was ended as ordered.");
      return -1;
    }
    if (self->poll[0].revents & (G_IO_IN | G_IO_ERR | G_IO_HUP)) {
      got = try_read (self, bytes, size, failure);
      if (got > 0 || *failure != NULL)
        return got;
    }
    if (g_get_monotonic_time () >= deadline_us)
      return 0;
  }
}
