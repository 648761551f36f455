#include "rtsp-client.h"
#include "reporter.h"
#include "rtsp-auth.h"
#include "rtsp-connection.h"
#include "rtsp-failure.h"
#include "rtsp-reader.h"

#include <gst/rtsp/gstrtspurl.h>
#include <string.h>

#define DEFAULT_PORT 554
#define DEFAULT_TLS_PORT 322
/* Times that one request is sent because the server asks for (newer) credentials. */
#define MAX_CHALLENGES 3
#define NOTHING_AWAITED 0

struct _RtspClient
{
  const RtspClientFuncs *funcs;
  gpointer user_data;
  GCancellable *cancellable;
  RtspSecurity security;
  RtspAuth *auth;

  char *uri; /* what the connection was opened for */
  RtspConnection *connection;
  RtspReader *reader;
  gint64 cseq;            /* of the last request sent */
  gint64 awaited;         /* CSeq of the answer that is waited for */
  GstRTSPMessage *answer; /* the awaited */
  JsonNode *farewell;     /* the server ended the session by a request */
};

static void
reply (RtspClient *self, const GstRTSPMessage *request, const char *status)
{
  g_autofree char *text = g_strdup_printf ("RTSP/1.0 %s\r\nCSeq: %" G_GINT64_FORMAT "\r\n\r\n", status,
                                           MAX (rtsp_message_cseq (request), 0));

  rtsp_connection_write (self->connection, text, strlen (text));
}

static void
on_request (RtspClient *self, const GstRTSPMessage *request)
{
  switch (request->type_data.request.method) {
  case GST_RTSP_TEARDOWN:
  case GST_RTSP_REDIRECT:
    reply (self, request, "200 OK");
    if (self->farewell == NULL)
      self->farewell = failure_new ("endOfStream", "The camera ended the session.");
    break;
  case GST_RTSP_OPTIONS:
  case GST_RTSP_ANNOUNCE:
  case GST_RTSP_GET_PARAMETER:
  case GST_RTSP_SET_PARAMETER:
    reply (self, request, "200 OK");
    break;
  default:
    reply (self, request, "501 Not Implemented");
  }
}

static void
on_answer (RtspClient *self, GstRTSPMessage *answer)
{
  guint status = rtsp_message_status (answer);
  gint64 cseq = rtsp_message_cseq (answer);

  if (status < 200) {
    gst_rtsp_message_free (answer);
  } else if (self->awaited != NOTHING_AWAITED && self->answer == NULL && (cseq == self->awaited || cseq < 0)) {
    self->answer = answer;
  } else {
    self->funcs->answer (answer, self->user_data);
    gst_rtsp_message_free (answer);
  }
}

static void
on_message (GstRTSPMessage *message, gpointer user_data)
{
  RtspClient *self = user_data;

  if (message->type == GST_RTSP_MESSAGE_RESPONSE) {
    on_answer (self, message);
    return;
  }
  on_request (self, message);
  gst_rtsp_message_free (message);
}

static void
on_packet (guint channel, const guint8 *bytes, gsize size, gpointer user_data)
{
  RtspClient *self = user_data;

  self->funcs->packet (channel, bytes, size, self->user_data);
}

static const RtspReaderFuncs reader_funcs = { .packet = on_packet, .message = on_message };

RtspClient *
rtsp_client_new (const RtspAccess *access, const RtspClientFuncs *funcs, gpointer user_data, GCancellable *cancellable)
{
  RtspClient *self = g_new0 (RtspClient, 1);

  self->funcs = funcs;
  self->user_data = user_data;
  self->cancellable = g_object_ref (cancellable);
  self->security.ca_file = g_strdup (access->ca_file);
  self->security.any_identity = access->any_identity;
  self->auth = rtsp_auth_new (access->user, access->password);
  return self;
}

void
rtsp_client_free (RtspClient *self)
{
  g_clear_pointer (&self->connection, rtsp_connection_close);
  g_clear_pointer (&self->reader, rtsp_reader_free);
  g_clear_pointer (&self->farewell, json_node_unref);
  g_clear_pointer (&self->answer, gst_rtsp_message_free);
  rtsp_auth_free (self->auth);
  g_object_unref (self->cancellable);
  g_free ((char *)self->security.ca_file);
  g_free (self->uri);
  g_free (self);
}

JsonNode *
rtsp_client_open (RtspClient *self, const char *uri)
{
  GstRTSPUrl *url = NULL;
  JsonNode *failure = NULL;

  if (gst_rtsp_url_parse (uri, &url) != GST_RTSP_OK)
    return failure_new ("protocolError", "The address is no RTSP address.");
  char *kept = g_strdup (uri);
  g_free (self->uri);
  self->uri = kept;
  g_clear_pointer (&self->connection, rtsp_connection_close);
  g_clear_pointer (&self->reader, rtsp_reader_free);
  self->security.is_tls = g_ascii_strncasecmp (uri, "rtsps:", 6) == 0;
  guint16 port = url->port != 0 ? url->port : self->security.is_tls ? DEFAULT_TLS_PORT : DEFAULT_PORT;
  self->connection = rtsp_connection_open (url->host, port, &self->security, self->cancellable, &failure);
  self->reader = rtsp_reader_new (&reader_funcs, self);
  gst_rtsp_url_free (url);
  return failure;
}

JsonNode *
rtsp_client_receive (RtspClient *self, gint64 deadline_us)
{
  JsonNode *failure = NULL;
  gsize size = 0;
  guint8 *space = rtsp_reader_space (self->reader, &size);
  gssize got = rtsp_connection_read (self->connection, space, size, deadline_us, &failure);

  if (got > 0) {
    const char *problem = rtsp_reader_parse (self->reader, (gsize)got);
    if (problem != NULL)
      return failure_new ("protocolError", "%s", problem);
  }
  return failure != NULL ? failure : g_steal_pointer (&self->farewell);
}

gboolean
rtsp_client_send (RtspClient *self, const RtspRequest *request)
{
  const char *method = gst_rtsp_method_as_text (request->method);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *authorization = NULL;

  if (rtsp_connection_is_congested (self->connection))
    return FALSE;
  authorization = rtsp_auth_header (self->auth, method, request->uri);
  g_string_append_printf (text,
                          "%s %s RTSP/1.0\r\nCSeq: %" G_GINT64_FORMAT "\r\nUser-Agent: dslrs/" DSLRS_VERSION "\r\n",
                          method, request->uri, ++self->cseq);
  if (authorization != NULL)
    g_string_append_printf (text, "Authorization: %s\r\n", authorization);
  g_string_append_printf (text, "%s\r\n", request->headers);
  rtsp_connection_write (self->connection, text->str, text->len);
  return TRUE;
}

gboolean
rtsp_client_send_packet (RtspClient *self, guint channel, const guint8 *bytes, gsize size)
{
  const guint8 head[] = { '$', (guint8)channel, (guint8)(size >> 8), (guint8)size };
  g_autoptr (GByteArray) packet = g_byte_array_new ();

  if (rtsp_connection_is_congested (self->connection))
    return FALSE;
  g_byte_array_append (packet, head, sizeof head);
  g_byte_array_append (packet, bytes, (guint)size);
  rtsp_connection_write (self->connection, packet->data, packet->len);
  return TRUE;
}

static JsonNode *
ask_once (RtspClient *self, const RtspRequest *request, GstRTSPMessage **answer)
{
  JsonNode *failure = NULL;

  rtsp_client_send (self, request);
  self->awaited = self->cseq;
  while (failure == NULL && self->answer == NULL)
    failure = rtsp_client_receive (self, G_MAXINT64);
  self->awaited = NOTHING_AWAITED;
  *answer = g_steal_pointer (&self->answer);
  if (*answer == NULL)
    return rtsp_failure_instead_of_answer (request->method, failure);
  /* What ended the connection right behind the answer shows again when the next one is asked for. */
  g_clear_pointer (&failure, json_node_unref);
  if (rtsp_message_status (*answer) != GST_RTSP_STS_UNAUTHORIZED)
    rtsp_auth_accepted (self->auth);
  return NULL;
}

static gboolean
announces_close (const GstRTSPMessage *answer)
{
  const char *connection = rtsp_message_header (answer, GST_RTSP_HDR_CONNECTION, 0);

  return connection != NULL && g_ascii_strcasecmp (connection, "close") == 0;
}

static JsonNode *
ask_over_new_connection (RtspClient *self, const RtspRequest *request, GstRTSPMessage **answer)
{
  g_autofree char *uri = g_strdup (self->uri);
  JsonNode *failure = rtsp_client_open (self, uri);

  return failure != NULL ? failure : ask_once (self, request, answer);
}

/* With credentials. Some servers end the connection with a refusal, and not all of them say so. */
static JsonNode *
ask_again (RtspClient *self, const RtspRequest *request, GstRTSPMessage **answer)
{
  gboolean is_closing = announces_close (*answer);
  JsonNode *failure = NULL;

  g_clear_pointer (answer, gst_rtsp_message_free);
  if (!is_closing)
    failure = ask_once (self, request, answer);
  if (!is_closing && (failure == NULL || !rtsp_failure_is (failure, "reset")))
    return failure;
  g_clear_pointer (&failure, json_node_unref);
  return ask_over_new_connection (self, request, answer);
}

JsonNode *
rtsp_client_ask (RtspClient *self, const RtspRequest *request, GstRTSPMessage **answer)
{
  JsonNode *failure = ask_once (self, request, answer);

  for (guint i = 0; i < MAX_CHALLENGES && failure == NULL; i++) {
    if (rtsp_message_status (*answer) != GST_RTSP_STS_UNAUTHORIZED || !rtsp_auth_challenge (self->auth, *answer))
      return NULL;
    failure = ask_again (self, request, answer);
  }
  return failure;
}

gboolean
rtsp_client_challenge (RtspClient *self, const GstRTSPMessage *unauthorized)
{
  return rtsp_auth_challenge (self->auth, unauthorized);
}

void
rtsp_client_part (RtspClient *self, const RtspRequest *request, gint64 deadline_us)
{
  g_autoptr (JsonNode) failure = NULL;

  if (self->connection == NULL || !rtsp_client_send (self, request))
    return;
  rtsp_connection_outlive_cancel (self->connection);
  self->awaited = self->cseq;
  while (failure == NULL && self->answer == NULL && g_get_monotonic_time () < deadline_us)
    failure = rtsp_client_receive (self, deadline_us);
}
