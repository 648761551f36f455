/* Clients that speak TLS: the worker gets them in the clear, and what cannot go wrong for others. */

#include "rig.h"
#include "router_rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  RouterRig router;
  guint16 port; /* of TLS */
} TlsRig;

typedef struct
{
  GSocketConnection *base;
  GIOStream *tls; /* NULL: the handshake failed */
} TlsClient;

/* `name`: a file of workers/tests/tls. */
static void
use_certificate (TlsRig *rig, const char *name)
{
  g_autofree char *from = g_build_filename (g_getenv ("DSLRS_TEST_TLS"), name, NULL);
  g_autofree char *pem = NULL;
  g_assert_true (g_file_get_contents (from, &pem, NULL, NULL));
  rig_write (rig->router.bundle, "tls.pem", pem);
}

static void
tear_down (TlsRig *rig, gconstpointer data)
{
  router_tear_down (&rig->router, NULL);
}

static gboolean
on_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags errors, gpointer data)
{
  return TRUE;
}

static GSocketConnection *
connect_plainly (TlsRig *rig)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_socket_client_set_timeout (client, RIG_PATIENCE_S);
  GSocketConnection *base = g_socket_client_connect_to_host (client, "127.0.0.1", rig->port, NULL, &error);
  g_assert_no_error (error);
  return base;
}

static TlsClient
connect_client (TlsRig *rig)
{
  TlsClient self = { .base = connect_plainly (rig) };
  g_autoptr (GError) error = NULL;
  /* The authorities of the system are of no use here, and reading them takes seconds with the sanitizers. */
  GType type = g_tls_backend_get_client_connection_type (g_tls_backend_get_default ());
  self.tls = g_initable_new (type, NULL, &error, "base-io-stream", self.base, "database", NULL, NULL);
  g_assert_no_error (error);
  g_signal_connect (self.tls, "accept-certificate", G_CALLBACK (on_certificate), NULL);
  if (!g_tls_connection_handshake (G_TLS_CONNECTION (self.tls), NULL, NULL))
    g_clear_object (&self.tls);
  return self;
}

static void
clear_client (TlsClient *self)
{
  g_clear_object (&self->tls);
  g_clear_object (&self->base);
}

/* The libraries of TLS may take longer to load, on a machine that does much else, than a client is given. */
static void
await_tls (TlsRig *rig)
{
  gboolean is_there = FALSE;
  while (!is_there) {
    TlsClient client = connect_client (rig);
    is_there = client.tls != NULL;
    clear_client (&client);
  }
}

static void
set_up (TlsRig *rig, gconstpointer data)
{
  router_set_up (&rig->router, NULL);
  use_certificate (rig, "first.pem");
  rig->port = rig_free_port ();
  g_autofree char *members = g_strdup_printf ("\"tls\":{\"listen\":[\"127.0.0.1:%u\"]}", rig->port);
  router_write_more (&rig->router, members);
  g_autofree char *reply = router_reload (&rig->router);
  g_assert_cmpstr (reply, ==, "{\"type\":\"reply\",\"seq\":1,\"ok\":true}");
  await_tls (rig);
}

static void
say (TlsClient *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  GOutputStream *out = g_io_stream_get_output_stream (self->tls);
  g_assert_true (g_output_stream_write_all (out, text, strlen (text), NULL, NULL, &error));
  g_assert_no_error (error);
}

/* (transfer full) */
static char *
hear (TlsClient *self, gsize length)
{
  g_autofree char *text = g_malloc0 (length + 1);
  g_autoptr (GError) error = NULL;
  gsize got;
  g_input_stream_read_all (g_io_stream_get_input_stream (self->tls), text, length, &got, NULL, &error);
  g_assert_no_error (error);
  text[got] = '\0';
  return g_steal_pointer (&text);
}

static guint16
port_of (TlsClient *self)
{
  g_autoptr (GSocketAddress) address = g_socket_connection_get_local_address (self->base, NULL);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* What the worker gets, as a socket that is waited for. */
static int
take (TlsRig *rig, char **line)
{
  int taken = stand_in_take (&rig->router.a, line);
  fcntl (taken, F_SETFL, 0);
  return taken;
}

static void
test_hands_over (TlsRig *rig, gconstpointer data)
{
  TlsClient client = connect_client (rig);
  say (&client, DESCRIBE_A);
  g_autofree char *line = NULL;
  int taken = take (rig, &line);
  g_autofree char *expected
      = g_strdup_printf ("{\"address\":\"127.0.0.1\",\"port\":%u,\"tls\":true}", port_of (&client));
  g_assert_cmpstr (line, ==, expected);
  g_autofree char *unread = rig_receive (taken, strlen (DESCRIBE_A));
  g_assert_cmpstr (unread, ==, DESCRIBE_A);
  rig_send (taken, "answer");
  g_autofree char *answer = hear (&client, strlen ("answer"));
  g_assert_cmpstr (answer, ==, "answer");
  say (&client, "x");
  g_autofree char *more = rig_receive (taken, 1);
  g_assert_cmpstr (more, ==, "x");
  clear_client (&client);
  g_autofree char *end = rig_receive_all (taken, TRUE);
  g_assert_cmpstr (end, ==, "");
  close (taken);
}

static void
test_refusal_arrives_whole (TlsRig *rig, gconstpointer data)
{
  TlsClient client = connect_client (rig);
  say (&client, "DESCRIBE rtsp://h/none RTSP/1.0\r\nCSeq: 9\r\n\r\n");
  g_autofree char *answer = hear (&client, 4096);
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 404 There is no stream of this name.\r\nCSeq: 9\r\n"));
  g_assert_true (g_str_has_suffix (answer, "There is no stream of this name.\n"));
  clear_client (&client);
}

/* A client that goes on sending still gets to read why it was refused. */
static void
test_refusal_reaches_a_busy_client (TlsRig *rig, gconstpointer data)
{
  TlsClient client = connect_client (rig);
  g_autofree char *body = g_strnfill (1024 * 1024, 'x');
  say (&client, "POST /none HTTP/1.0\r\nx-sessioncookie: c\r\n\r\n");
  say (&client, body);
  g_autofree char *answer = hear (&client, 4096);
  g_assert_true (g_str_has_suffix (answer, "There is no stream of this name.\n"));
  clear_client (&client);
}

/* More than all buffers hold, to a client that begins to read late. */
static void
test_carries_much (TlsRig *rig, gconstpointer data)
{
  enum
  {
    BYTES = 8 * 1024 * 1024
  };
  TlsClient client = connect_client (rig);
  say (&client, DESCRIBE_A);
  int taken = take (rig, NULL);
  /* A close with unread bytes would be a reset, and what is on its way would be lost. */
  g_free (rig_receive (taken, strlen (DESCRIBE_A)));
  g_autofree char *sent = g_malloc (BYTES + 1);
  for (gsize i = 0; i < BYTES; i++)
    sent[i] = (char)('a' + i * 7 % 23);
  sent[BYTES] = '\0';
  pid_t writer = fork ();
  if (writer == 0) {
    rig_send (taken, sent);
    _exit (0);
  }
  close (taken);
  g_autofree char *heard = hear (&client, BYTES);
  g_assert_true (strcmp (heard, sent) == 0);
  g_assert_cmpint (rig_wait (writer), ==, 0);
  clear_client (&client);
}

static void
test_survives_the_router (TlsRig *rig, gconstpointer data)
{
  TlsClient client = connect_client (rig);
  say (&client, DESCRIBE_A);
  int taken = take (rig, NULL);
  /* With all that belongs to it, as the shim does. */
  kill (-rig->router.pid, SIGKILL);
  rig_wait (rig->router.pid);
  rig_send (taken, "media");
  g_autofree char *media = hear (&client, strlen ("media"));
  g_assert_cmpstr (media, ==, "media");
  close (taken);
  g_autofree char *end = hear (&client, 1);
  g_assert_cmpstr (end, ==, "");
  clear_client (&client);
  router_start (&rig->router, NULL); /* for router_tear_down() */
}

static char *
subject_of (TlsClient *client)
{
  GTlsCertificate *certificate = g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (client->tls));
  return g_tls_certificate_get_subject_name (certificate);
}

static void
test_certificate_is_read_anew (TlsRig *rig, gconstpointer data)
{
  TlsClient before = connect_client (rig);
  use_certificate (rig, "second.pem");
  TlsClient after = connect_client (rig);
  g_autofree char *first = subject_of (&before), *second = subject_of (&after);
  g_assert_cmpstr (first, ==, "CN=first.test");
  g_assert_cmpstr (second, ==, "CN=second.test");
  clear_client (&before);
  clear_client (&after);
}

static void
test_unusable_certificate (TlsRig *rig, gconstpointer data)
{
  rig_write (rig->router.bundle, "tls.pem", "nothing");
  TlsClient refused = connect_client (rig);
  g_assert_null (refused.tls);
  clear_client (&refused);
  rig_await_text (rig->router.bundle, "worker.log", "no client can use TLS: certificate and key in tls.pem");
  use_certificate (rig, "first.pem");
  TlsClient client = connect_client (rig);
  g_assert_nonnull (client.tls);
  clear_client (&client);
}

static gboolean
has_ended (GSocketConnection *connection)
{
  char byte;
  return g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), &byte, 1, NULL, NULL) <= 0;
}

static void
test_no_tls (TlsRig *rig, gconstpointer data)
{
  g_autoptr (GSocketConnection) plain = connect_plainly (rig);
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (plain));
  g_assert_true (g_output_stream_write_all (out, DESCRIBE_A, strlen (DESCRIBE_A), NULL, NULL, NULL));
  char alert[64];
  while (g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (plain)), alert, sizeof alert, NULL, NULL) > 0)
    ;
  g_assert_false (stand_in_is_asked (&rig->router.a));
}

/* Handshakes that are never finished: the newcomer is closed, those who play are not, and the plain port is open. */
static void
test_half_open_limit (TlsRig *rig, gconstpointer data)
{
  GSocketConnection *silent[16];
  for (gsize i = 0; i < G_N_ELEMENTS (silent); i++)
    silent[i] = connect_plainly (rig);
  g_autoptr (GSocketConnection) newcomer = connect_plainly (rig);
  g_assert_true (has_ended (newcomer));
  GSocket *oldest = g_socket_connection_get_socket (silent[0]);
  g_assert_cmpint (g_socket_condition_check (oldest, G_IO_IN | G_IO_HUP), ==, 0);
  int plain = router_ask (&rig->router, DESCRIBE_A);
  router_assert_handed_over (&rig->router.a, plain, DESCRIBE_A);
  close (plain);
  for (gsize i = 0; i < G_N_ELEMENTS (silent); i++)
    g_object_unref (silent[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
#define ADD(name, test) g_test_add ("/router-tls/" name, TlsRig, NULL, set_up, test, tear_down)
  ADD ("hands-over", test_hands_over);
  ADD ("refusal-arrives-whole", test_refusal_arrives_whole);
  ADD ("refusal-reaches-a-busy-client", test_refusal_reaches_a_busy_client);
  ADD ("carries-much", test_carries_much);
  ADD ("survives-the-router", test_survives_the_router);
  ADD ("certificate-is-read-anew", test_certificate_is_read_anew);
  ADD ("unusable-certificate", test_unusable_certificate);
  ADD ("no-tls", test_no_tls);
  ADD ("half-open-limit", test_half_open_limit);
  return g_test_run ();
}
