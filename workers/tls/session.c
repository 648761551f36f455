#include "session.h"

#include "pump.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* As the router gives a client for its whole first request. */
#define HANDSHAKE_WITHIN_S 5
/* For the last words to arrive. */
#define FAREWELL_S 2

typedef struct
{
  GMainLoop *loop;
  gboolean done;
} Handshake;

static void
on_handshake (GObject *connection, GAsyncResult *result, gpointer data)
{
  Handshake *handshake = data;
  handshake->done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (connection), result, NULL);
  g_main_loop_quit (handshake->loop);
}

/* The router has given the client up. */
static gboolean
on_plain_ended (int fd, GIOCondition condition, gpointer data)
{
  _exit (SESSION_NO_HANDSHAKE);
}

static gboolean
on_late (gpointer data)
{
  _exit (SESSION_NO_HANDSHAKE);
}

static gboolean
shake_hands (GTlsConnection *tls, int plain)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Handshake handshake = { .loop = loop };
  guint ended = g_unix_fd_add (plain, G_IO_IN | G_IO_HUP, on_plain_ended, NULL);
  guint late = g_timeout_add_seconds (HANDSHAKE_WITHIN_S, on_late, NULL);
  g_tls_connection_handshake_async (tls, G_PRIORITY_DEFAULT, NULL, on_handshake, &handshake);
  g_main_loop_run (loop);
  g_source_remove (ended);
  g_source_remove (late);
  return handshake.done;
}

/* A close with unread bytes would be a reset, which can overtake the last words. */
static void
say_farewell (GIOStream *tls, int client)
{
  char bytes[4096];
  alarm (FAREWELL_S);
  g_output_stream_close (g_io_stream_get_output_stream (tls), NULL, NULL);
  shutdown (client, SHUT_WR);
  struct timeval patience = { .tv_sec = FAREWELL_S };
  setsockopt (client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  GInputStream *in = g_io_stream_get_input_stream (tls);
  while (g_input_stream_read (in, bytes, sizeof bytes, NULL, NULL) > 0)
    ;
}

static GIOStream *
open_client (int client)
{
  const int on = 1;
  setsockopt (client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  g_autoptr (GSocket) socket = g_socket_new_from_fd (client, NULL);
  return socket != NULL ? G_IO_STREAM (g_socket_connection_factory_create_connection (socket)) : NULL;
}

/* Clients show no certificate. The database has to be none from the beginning, or the authorities of the system are
 * read, at 8 MB and some 50 ms a client. (transfer full), or NULL. */
static GIOStream *
wrap (GIOStream *stream, GTlsCertificate *certificate)
{
  GType type = g_tls_backend_get_server_connection_type (g_tls_backend_get_default ());
  return g_initable_new (type, NULL, NULL, "base-io-stream", stream, "certificate", certificate, "database", NULL,
                         NULL);
}

void
session_prepare (void)
{
  /* The library behind TLS takes longest. */
  g_type_ensure (g_tls_backend_get_server_connection_type (g_tls_backend_get_default ()));
  g_type_class_unref (g_type_class_ref (g_tls_backend_get_certificate_type (g_tls_backend_get_default ())));
}

SessionEnd
session_run (int client, int plain)
{
  const int on = 1;
  g_autoptr (GIOStream) stream = open_client (client);
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (SESSION_CERTIFICATE, NULL);
  if (stream == NULL || !g_unix_set_fd_nonblocking (plain, TRUE, NULL))
    return SESSION_NO_HANDSHAKE;
  g_autoptr (GIOStream) tls = certificate != NULL ? wrap (stream, certificate) : NULL;
  if (tls == NULL)
    return SESSION_NO_CERTIFICATE;
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  if (!shake_hands (G_TLS_CONNECTION (tls), plain))
    return SESSION_NO_HANDSHAKE;
  /* The first request of most clients waits for the acknowledgement of what they said last, which has no answer. */
  setsockopt (client, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  if (pump_run (tls, plain))
    say_farewell (tls, client);
  return SESSION_OVER;
}
