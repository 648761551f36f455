/* Conversations with RTSP servers of all kinds. */
#include "rtsp-script.h"
#include "rtsp-session.h"

#include <string.h>

#define OK "RTSP/1.0 200 OK\r\nCSeq: ?\r\n"
#define SDP "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
#define SDP_LENGTH "Content-Length: 69\r\n"
#define DESCRIBED OK "Content-Base: rtsp://base/cam/\r\n" SDP_LENGTH "\r\n" SDP

static const ScriptStep end_of_script = { 0 };

typedef struct
{
  RtspSession *session;
  GCancellable *cancellable;
  GString *packets;
} Client;

static void
on_packet (guint channel, const guint8 *bytes, gsize size, gpointer user_data)
{
  Client *client = user_data;

  g_string_append_printf (client->packets, "[%u:%" G_GSIZE_FORMAT "]", channel, size);
}

static void
on_received (gpointer user_data)
{
}

static const RtspSessionFuncs funcs = { .packet = on_packet, .received = on_received };

static Client *
client_new (RtspScript *script)
{
  const RtspAccess access = { .user = "u", .password = "p" };
  g_autofree char *uri = rtsp_script_uri (script);
  Client *client = g_new0 (Client, 1);

  client->cancellable = g_cancellable_new ();
  client->packets = g_string_new (NULL);
  client->session = rtsp_session_new (uri, &access, &funcs, client, client->cancellable);
  return client;
}

static void
client_free (Client *client)
{
  rtsp_session_free (client->session);
  g_object_unref (client->cancellable);
  g_string_free (client->packets, TRUE);
  g_free (client);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

static void
assert_failure (JsonNode *failure, const char *reason, gint code)
{
  g_assert_nonnull (failure);
  JsonObject *object = json_node_get_object (failure);
  g_assert_cmpstr (json_object_get_string_member (object, "reason"), ==, reason);
  g_assert_cmpint (json_object_get_int_member_with_default (object, "code", 0), ==, code);
  /* Reports are UTF-8, whatever a camera says. */
  g_assert_true (g_utf8_validate (json_object_get_string_member (object, "message"), -1, NULL));
  json_node_unref (failure);
}

static JsonNode *
describe (Client *client)
{
  g_autoptr (GstSDPMessage) sdp = NULL;

  return rtsp_session_describe (client->session, &sdp);
}

/* Describes, sets up the one medium and plays. */
static JsonNode *
begin (Client *client, guint *channel)
{
  g_autoptr (GstSDPMessage) sdp = NULL;
  JsonNode *failure = rtsp_session_describe (client->session, &sdp);

  if (failure == NULL)
    failure = rtsp_session_set_up (client->session, gst_sdp_message_get_media (sdp, 0), channel);
  return failure != NULL ? failure : rtsp_session_play (client->session);
}

static void
test_a_session (void)
{
  static const char packets[] = "$\6~\2\x80\1$\7~\1\x80";
  const ScriptStep steps[] = {
    { "OPTIONS rtsp://127.0.0.1", OK "Public: DESCRIBE, SETUP\r\n\r\n" },
    { "DESCRIBE rtsp://127.0.0.1", DESCRIBED },
    { "SETUP rtsp://base/cam/track1 RTSP/1.0",
      OK "Session: 42;timeout=90\r\nTransport: RTP/AVP/TCP;interleaved=6-7\r\n\r\n" },
    { "", packets }, /* before the answer to PLAY */
    { "PLAY rtsp://base/cam/ RTSP/1.0", OK "\r\n" },
    { "", packets },
    { "", "OPTIONS rtsp://you RTSP/1.0\r\nCSeq: 77\r\n\r\n" },
    { "RTSP/1.0 200 OK\nCSeq: 77", "SETUP rtsp://you RTSP/1.0\r\nCSeq: 78\r\n\r\n" },
    { "RTSP/1.0 501", "TEARDOWN rtsp://you RTSP/1.0\r\nCSeq: 79\r\n\r\n" },
    { "RTSP/1.0 200 OK\nCSeq: 79", "" },
    { "TEARDOWN rtsp://base/cam/ RTSP/1.0", OK "\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);
  guint channel = 0;

  g_assert_null (begin (client, &channel));
  g_assert_cmpuint (channel, ==, 6);
  assert_failure (rtsp_session_run (client->session), "endOfStream", 0);
  g_assert_cmpstr (client->packets->str, ==, "[6:2][7:1][6:2][7:1]");
  rtsp_session_tear_down (client->session);
  rtsp_script_wait (script);
}

static void
test_redirect (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" },
    { "DESCRIBE", "RTSP/1.0 302 Found\r\nCSeq: ?\r\nLocation: rtsp://127.0.0.1:PORT/other\r\n\r\n" },
    { "", NULL },
    { "OPTIONS", OK "\r\n" },
    { "/other", DESCRIBED },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  g_assert_null (describe (client));
}

static void
test_redirect_to_another_host (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" },
    { "DESCRIBE", "RTSP/1.0 302 Found\r\nCSeq: ?\r\nLocation: rtsp://localhost:PORT/other\r\n\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "protocolError", 0);
}

#define REDIRECT(path) "RTSP/1.0 301 Moved\r\nCSeq: ?\r\nLocation: rtsp://127.0.0.1:PORT" path "\r\n\r\n"

static void
test_redirect_to_itself (void)
{
  const ScriptStep steps[] = { { "OPTIONS", OK "\r\n" }, { "DESCRIBE", REDIRECT ("/cam") }, end_of_script };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "protocolError", 0);
}

static void
test_redirects_without_end (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" }, { "DESCRIBE", REDIRECT ("/a") }, { "", NULL },
    { "OPTIONS", OK "\r\n" }, { "/a", REDIRECT ("/b") },       { "", NULL },
    { "OPTIONS", OK "\r\n" }, { "/b", REDIRECT ("/c") },       end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "protocolError", 0);
}

#define UNAUTHORIZED "RTSP/1.0 401 Unauthorized\r\nCSeq: ?\r\nWWW-Authenticate: Basic realm=\"r\"\r\n"
#define CREDENTIALS "Authorization: Basic dTpw"

static void
test_credentials (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" },
    { "DESCRIBE", UNAUTHORIZED "\r\n" },
    { CREDENTIALS, DESCRIBED },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  g_assert_null (describe (client));
}

/* Whether the server says so or not. */
static void
test_refusal_closes_the_connection (void)
{
  static const char *const refusals[] = { UNAUTHORIZED "Connection: close\r\n\r\n", UNAUTHORIZED "\r\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++) {
    const ScriptStep steps[] = {
      { "OPTIONS", refusals[i] }, { "", NULL }, { CREDENTIALS, OK "\r\n" }, { CREDENTIALS, DESCRIBED }, end_of_script,
    };
    g_autoptr (RtspScript) script = rtsp_script_start (steps);
    g_autoptr (Client) client = client_new (script);
    g_assert_null (describe (client));
  }
}

static void
test_refused_credentials (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" },
    { "DESCRIBE", UNAUTHORIZED "\r\n" },
    { CREDENTIALS, UNAUTHORIZED "\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "rtspStatus", 401);
}

static void
test_statuses (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", "RTSP/1.0 501 Not Implemented\r\nCSeq: ?\r\n\r\n" },
    { "DESCRIBE", "RTSP/1.0 453 Not Enough Bandwidth\xe9\r\nCSeq: ?\r\n\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "rtspStatus", 453);
}

static void
test_no_description (void)
{
  const ScriptStep steps[] = { { "OPTIONS", OK "\r\n" }, { "DESCRIBE", OK "\r\n" }, end_of_script };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "protocolError", 0);
}

static void
test_no_rtsp (void)
{
  const ScriptStep steps[] = { { "OPTIONS", "HTTP/1.1 400 Bad Request\r\n\r\n" }, { "", NULL }, end_of_script };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "protocolError", 0);
}

static void
test_closed_instead_of_an_answer (void)
{
  const ScriptStep steps[] = { { "OPTIONS", OK "\r\n" }, { "DESCRIBE", NULL }, end_of_script };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  assert_failure (describe (client), "reset", 0);
}

static void
test_refused_connection (void)
{
  const ScriptStep steps[] = { end_of_script };
  RtspScript *script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);

  rtsp_script_end (script);
  assert_failure (describe (client), "refused", 0);
}

#define BEGINNING(session)                                                                                             \
  { "OPTIONS", OK "Public: GET_PARAMETER\r\n\r\n" }, { "DESCRIBE", DESCRIBED },                                        \
      { "SETUP", OK "Session: " session "\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n" },                        \
  {                                                                                                                    \
    "PLAY", OK "\r\n"                                                                                                  \
  }

/* The camera's clock for sessions is 1 s here. */
static void
test_keep_alive (void)
{
  const ScriptStep steps[] = {
    BEGINNING ("7;timeout=1"),
    { "GET_PARAMETER rtsp://base/cam/", "RTSP/1.0 405 Method Not Allowed\r\nCSeq: ?\r\n\r\n" },
    { "OPTIONS rtsp://base/cam/", OK "\r\n" },
    { "Session: 7", "RTSP/1.0 454 Session Not Found\r\nCSeq: ?\r\n\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);
  guint channel = 0;

  g_assert_null (begin (client, &channel));
  assert_failure (rtsp_session_run (client->session), "rtspStatus", 454);
}

static void
test_media_over_udp (void)
{
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" },
    { "DESCRIBE", DESCRIBED },
    { "SETUP", OK "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  g_autoptr (Client) client = client_new (script);
  guint channel = 0;

  assert_failure (begin (client, &channel), "protocolError", 0);
}

static gpointer
cancel_when_done (gpointer user_data)
{
  gpointer *pair = user_data;

  rtsp_script_wait (pair[0]);
  g_cancellable_cancel (((Client *)pair[1])->cancellable);
  return NULL;
}

/* Ordered to stop while the server owes an answer, or is in the middle of one. */
static void
test_stop_in_a_silence (void)
{
  static const char *const silences[] = { "", "RTSP/1.0 200 OK\r\nContent-", "$\1\xff" };

  for (gsize i = 0; i < G_N_ELEMENTS (silences); i++) {
    const ScriptStep steps[] = { { "OPTIONS", OK "\r\n" }, { "DESCRIBE", silences[i] }, end_of_script };
    g_autoptr (RtspScript) script = rtsp_script_start (steps);
    g_autoptr (Client) client = client_new (script);
    gpointer pair[] = { script, client };
    GThread *thread = g_thread_new ("cancel", cancel_when_done, pair);
    assert_failure (describe (client), "stopped", 0);
    g_thread_join (thread);
  }
}

int
main (int argc, char **argv)
{
  g_assert_cmpuint (strlen (SDP), ==, 69);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtsp-session/a-session", test_a_session);
  g_test_add_func ("/rtsp-session/redirect", test_redirect);
  g_test_add_func ("/rtsp-session/redirect-to-another-host", test_redirect_to_another_host);
  g_test_add_func ("/rtsp-session/redirect-to-itself", test_redirect_to_itself);
  g_test_add_func ("/rtsp-session/redirects-without-end", test_redirects_without_end);
  g_test_add_func ("/rtsp-session/credentials", test_credentials);
  g_test_add_func ("/rtsp-session/refusal-closes-the-connection", test_refusal_closes_the_connection);
  g_test_add_func ("/rtsp-session/refused-credentials", test_refused_credentials);
  g_test_add_func ("/rtsp-session/statuses", test_statuses);
  g_test_add_func ("/rtsp-session/no-description", test_no_description);
  g_test_add_func ("/rtsp-session/no-rtsp", test_no_rtsp);
  g_test_add_func ("/rtsp-session/closed-instead-of-an-answer", test_closed_instead_of_an_answer);
  g_test_add_func ("/rtsp-session/refused-connection", test_refused_connection);
  g_test_add_func ("/rtsp-session/keep-alive", test_keep_alive);
  g_test_add_func ("/rtsp-session/media-over-udp", test_media_over_udp);
  g_test_add_func ("/rtsp-session/stop-in-a-silence", test_stop_in_a_silence);
  return g_test_run ();
}
