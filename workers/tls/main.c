/* dslrs-tls: the TLS of one client. It has the client's socket as descriptor 3 and gives what the client says in the
 * clear to descriptor 4, and the other way round; it knows neither RTSP nor media. Certificate and key are in tls.pem
 * in the working directory. It ends when either side does. */

#include "pump.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define CLIENT_FD 3
#define PLAIN_FD 4
#define CERTIFICATE "tls.pem"

enum
{
  EXIT_NO_HANDSHAKE = 1,
  EXIT_USAGE = 2,
  EXIT_CERTIFICATE = 3
};

/* As the router gives a client for its whole first request. */
#define HANDSHAKE_WITHIN_S 5
/* For the last words to arrive. */
#define FAREWELL_S 2
/* It needs some 5 MB and 10 descriptors, whatever the client does. */
#define MOST_DATA (128 * 1024 * 1024)
#define MOST_DESCRIPTORS 64

typedef struct
{
  GMainLoop *loop;
  gboolean done;
} Handshake;

/* The memory holds the private key. */
static void
confine (void)
{
  const struct rlimit none = { 0, 0 };
  const struct rlimit data = { MOST_DATA, MOST_DATA };
  const struct rlimit descriptors = { MOST_DESCRIPTORS, MOST_DESCRIPTORS };
  setrlimit (RLIMIT_CORE, &none);
  setrlimit (RLIMIT_DATA, &data);
  setrlimit (RLIMIT_NOFILE, &descriptors);
  prctl (PR_SET_DUMPABLE, 0);
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

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
  _exit (EXIT_NO_HANDSHAKE);
}

static gboolean
on_late (gpointer data)
{
  _exit (EXIT_NO_HANDSHAKE);
}

static gboolean
shake_hands (GTlsConnection *tls)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Handshake handshake = { .loop = loop };
  guint ended = g_unix_fd_add (PLAIN_FD, G_IO_IN | G_IO_HUP, on_plain_ended, NULL);
  guint late = g_timeout_add_seconds (HANDSHAKE_WITHIN_S, on_late, NULL);
  g_tls_connection_handshake_async (tls, G_PRIORITY_DEFAULT, NULL, on_handshake, &handshake);
  g_main_loop_run (loop);
  g_source_remove (ended);
  g_source_remove (late);
  return handshake.done;
}

/* A close with unread bytes would be a reset, which can overtake the last words. */
static void
say_farewell (GIOStream *tls)
{
  char bytes[4096];
  alarm (FAREWELL_S);
  g_output_stream_close (g_io_stream_get_output_stream (tls), NULL, NULL);
  shutdown (CLIENT_FD, SHUT_WR);
  struct timeval patience = { .tv_sec = FAREWELL_S };
  setsockopt (CLIENT_FD, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  GInputStream *in = g_io_stream_get_input_stream (tls);
  while (g_input_stream_read (in, bytes, sizeof bytes, NULL, NULL) > 0)
    ;
}

static GIOStream *
open_client (void)
{
  const int on = 1;
  setsockopt (CLIENT_FD, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  g_autoptr (GSocket) socket = g_socket_new_from_fd (CLIENT_FD, NULL);
  return socket != NULL ? G_IO_STREAM (g_socket_connection_factory_create_connection (socket)) : NULL;
}

int
main (void)
{
  confine ();
  g_autoptr (GIOStream) client = open_client ();
  if (client == NULL || !g_unix_set_fd_nonblocking (PLAIN_FD, TRUE, NULL)) {
    g_printerr ("dslrs-tls: is started by dslrs-router, with the sockets of a client\n");
    return EXIT_USAGE;
  }
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (CERTIFICATE, NULL);
  g_autoptr (GIOStream) tls = certificate != NULL ? g_tls_server_connection_new (client, certificate, NULL) : NULL;
  if (tls == NULL)
    return EXIT_CERTIFICATE;
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  if (!shake_hands (G_TLS_CONNECTION (tls)))
    return EXIT_NO_HANDSHAKE;
  if (pump_run (tls, PLAIN_FD))
    say_farewell (tls);
  return EXIT_SUCCESS;
}
