#include "rtsp-session.h"
#include "reporter.h"
#include "rtsp-failure.h"
#include "rtsp-keepalive.h"

#include <string.h>

#define MAX_REDIRECTS 2
#define FAREWELL_US (100 * 1000)

struct _RtspSession
{
  const RtspSessionFuncs *funcs;
  gpointer user_data;
  RtspClient *client;
  gboolean has_credentials;

  char *uri;     /* of DESCRIBE */
  char *base;    /* what the control URLs of the media are relative to */
  char *control; /* of the session as a whole */
  char *id;
  RtspKeepalive keepalive;
  GstRTSPMessage *play; /* the answer */
  JsonNode *end;        /* why the session is over */
  gboolean over;        /* packets do not matter any more */
};

/* Of a keep-alive. A session that the server has forgotten is over. */
static void
on_answer (const GstRTSPMessage *answer, gpointer user_data)
{
  RtspSession *self = user_data;
  guint status = rtsp_message_status (answer);

  rtsp_keepalive_take_answer (&self->keepalive, answer);
  if (status == GST_RTSP_STS_UNAUTHORIZED && rtsp_client_challenge (self->client, answer))
    self->keepalive.at = 0;
  else if (status == GST_RTSP_STS_UNAUTHORIZED || status == GST_RTSP_STS_SESSION_NOT_FOUND)
    self->end = rtsp_failure_of_answer (self->keepalive.method, answer);
}

static void
on_packet (guint channel, const guint8 *bytes, gsize size, gpointer user_data)
{
  RtspSession *self = user_data;

  if (!self->over)
    self->funcs->packet (channel, bytes, size, self->user_data);
}

static const RtspClientFuncs client_funcs = { .packet = on_packet, .answer = on_answer };

RtspSession *
rtsp_session_new (const char *uri, const RtspAccess *access, const RtspSessionFuncs *funcs, gpointer user_data,
                  GCancellable *cancellable)
{
  RtspSession *self = g_new0 (RtspSession, 1);

  self->funcs = funcs;
  self->user_data = user_data;
  self->has_credentials = access->user != NULL;
  self->client = rtsp_client_new (access, &client_funcs, self, cancellable);
  self->uri = g_strdup (uri);
  rtsp_keepalive_init (&self->keepalive);
  return self;
}

void
rtsp_session_free (RtspSession *self)
{
  rtsp_client_free (self->client);
  g_clear_pointer (&self->play, gst_rtsp_message_free);
  g_clear_pointer (&self->end, json_node_unref);
  g_free (self->uri);
  g_free (self->base);
  g_free (self->control);
  g_free (self->id);
  g_free (self);
}

static JsonNode *
ask (RtspSession *self, GstRTSPMethod method, const char *uri, const char *headers, GstRTSPMessage **answer)
{
  const RtspRequest request = { .method = method, .uri = uri, .headers = headers };

  return rtsp_client_ask (self->client, &request, answer);
}

/* The same, but an error status is a failure. */
static JsonNode *
demand (RtspSession *self, GstRTSPMethod method, const char *uri, const char *headers, GstRTSPMessage **answer)
{
  JsonNode *failure = ask (self, method, uri, headers, answer);

  if (failure != NULL || rtsp_message_status (*answer) < 300)
    return failure;
  return rtsp_failure_of_answer (method, *answer);
}

/* What the server can do. Errors are left to DESCRIBE, except refused credentials: those must not be tried twice. */
static JsonNode *
ask_options (RtspSession *self)
{
  g_autoptr (GstRTSPMessage) answer = NULL;
  JsonNode *failure = ask (self, GST_RTSP_OPTIONS, self->uri, "", &answer);

  if (failure != NULL)
    return failure;
  if (rtsp_message_status (answer) == GST_RTSP_STS_UNAUTHORIZED)
    return rtsp_failure_of_answer (GST_RTSP_OPTIONS, answer);
  rtsp_keepalive_choose (&self->keepalive, answer);
  return NULL;
}

static JsonNode *
read_description (RtspSession *self, const GstRTSPMessage *answer, GstSDPMessage **sdp)
{
  guint8 *body = NULL;
  guint size = 0;

  gst_rtsp_message_get_body (answer, &body, &size);
  gst_sdp_message_new (sdp);
  /* Caps take nothing but UTF-8. */
  g_autofree char *text = g_utf8_make_valid (body != NULL ? (const char *)body : "", size);
  if (size == 0 || gst_sdp_message_parse_buffer ((const guint8 *)text, (guint)strlen (text), *sdp) != GST_SDP_OK) {
    g_clear_pointer (sdp, gst_sdp_message_free);
    return failure_new ("protocolError", "The camera's session description cannot be read.");
  }
  self->base = rtsp_message_base (answer, self->uri);
  self->control = rtsp_control_url (self->base, gst_sdp_message_get_attribute_val (*sdp, "control"));
  return NULL;
}

static gboolean
is_redirect (guint status)
{
  return status >= 300 && status < 400;
}

static JsonNode *
describe_once (RtspSession *self, GstRTSPMessage **answer)
{
  JsonNode *failure = rtsp_client_open (self->client, self->uri);

  if (failure == NULL)
    failure = ask_options (self);
  if (failure == NULL)
    failure = ask (self, GST_RTSP_DESCRIBE, self->uri, "Accept: application/sdp\r\n", answer);
  return failure;
}

static gboolean
is_same_host (const char *one, const char *other)
{
  g_autoptr (GUri) uri = g_uri_parse (one, G_URI_FLAGS_PARSE_RELAXED, NULL);
  g_autoptr (GUri) other_uri = g_uri_parse (other, G_URI_FLAGS_PARSE_RELAXED, NULL);

  return uri != NULL && other_uri != NULL && g_strcmp0 (g_uri_get_host (uri), g_uri_get_host (other_uri)) == 0;
}

/* Whoever answers for the camera must not be able to send its credentials elsewhere. */
static JsonNode *
follow (RtspSession *self, const GstRTSPMessage *answer)
{
  const char *location = rtsp_message_header (answer, GST_RTSP_HDR_LOCATION, 0);

  if (location == NULL)
    return rtsp_failure_of_answer (GST_RTSP_DESCRIBE, answer);
  if (g_str_has_prefix (self->uri, "rtsps:") && !g_str_has_prefix (location, "rtsps:"))
    return failure_new ("protocolError", "The camera redirects from TLS to a connection without.");
  if (self->has_credentials && !is_same_host (self->uri, location))
    return failure_new ("protocolError", "The camera redirects to another host; it is not given the credentials.");
  if (strcmp (self->uri, location) == 0)
    return failure_new ("protocolError", "The camera redirects to itself.");
  g_free (self->uri);
  self->uri = g_strdup (location);
  return NULL;
}

JsonNode *
rtsp_session_describe (RtspSession *self, GstSDPMessage **sdp)
{
  for (guint redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    g_autoptr (GstRTSPMessage) answer = NULL;
    JsonNode *failure = describe_once (self, &answer);
    if (failure == NULL && rtsp_message_status (answer) < 300)
      return read_description (self, answer, sdp);
    if (failure == NULL)
      failure = is_redirect (rtsp_message_status (answer)) ? follow (self, answer)
                                                           : rtsp_failure_of_answer (GST_RTSP_DESCRIBE, answer);
    if (failure != NULL)
      return failure;
  }
  return failure_new ("protocolError", "The camera redirects on and on.");
}

/* (transfer full) */
static char *
session_header (RtspSession *self)
{
  return self->id != NULL ? g_strdup_printf ("Session: %s\r\n", self->id) : g_strdup ("");
}

static void
take_session (RtspSession *self, const GstRTSPMessage *answer)
{
  char *id = rtsp_message_session (answer, &self->keepalive.timeout_s);

  if (id == NULL)
    return;
  g_free (self->id);
  self->id = id;
}

static const char *
control_of (const GstSDPMedia *media)
{
  return gst_sdp_media_get_attribute_val (media, "control");
}

JsonNode *
rtsp_session_set_up (RtspSession *self, const GstSDPMedia *media, guint *channel)
{
  g_autofree char *url = rtsp_control_url (self->base, control_of (media));
  g_autofree char *session = session_header (self);
  g_autofree char *headers = g_strdup_printf ("Transport: %s/TCP;unicast;interleaved=%u-%u\r\n%s",
                                              gst_sdp_media_get_proto (media), *channel, *channel + 1, session);
  g_autoptr (GstRTSPMessage) answer = NULL;
  JsonNode *failure = demand (self, GST_RTSP_SETUP, url, headers, &answer);

  if (failure != NULL)
    return failure;
  take_session (self, answer);
  const char *transport = rtsp_message_header (answer, GST_RTSP_HDR_TRANSPORT, 0);
  if (!rtsp_message_channel (answer, channel) && transport != NULL && strstr (transport, "/TCP") == NULL)
    return failure_new ("protocolError", "The camera does not send its media over TCP.");
  return NULL;
}

JsonNode *
rtsp_session_play (RtspSession *self)
{
  g_autofree char *session = session_header (self);
  g_autofree char *headers = g_strconcat ("Range: npt=0.000-\r\n", session, NULL);
  JsonNode *failure = demand (self, GST_RTSP_PLAY, self->control, headers, &self->play);

  if (failure != NULL)
    return failure;
  take_session (self, self->play);
  rtsp_keepalive_plan (&self->keepalive);
  return NULL;
}

gboolean
rtsp_session_rtp_time (RtspSession *self, const GstSDPMedia *media, guint32 *rtp_time)
{
  const char *control = control_of (media);

  return rtsp_message_rtp_time (self->play, control != NULL ? control : self->base, rtp_time);
}

static void
keep_alive (RtspSession *self)
{
  g_autofree char *session = session_header (self);
  const RtspRequest request = { .method = self->keepalive.method, .uri = self->control, .headers = session };

  rtsp_client_send (self->client, &request);
  rtsp_keepalive_plan (&self->keepalive);
}

JsonNode *
rtsp_session_run (RtspSession *self)
{
  self->funcs->received (self->user_data);
  while (self->end == NULL) {
    JsonNode *failure = rtsp_client_receive (self->client, self->keepalive.at);
    self->funcs->received (self->user_data);
    if (failure != NULL)
      return failure;
    if (rtsp_keepalive_is_due (&self->keepalive))
      keep_alive (self);
  }
  return g_steal_pointer (&self->end);
}

gboolean
rtsp_session_send_packet (RtspSession *self, guint channel, const guint8 *bytes, gsize size)
{
  return rtsp_client_send_packet (self->client, channel, bytes, size);
}

void
rtsp_session_end (RtspSession *self)
{
  if (self->end == NULL)
    self->end = failure_new ("endOfStream", "The camera ended the stream.");
}

/* The answer is waited for because closing a connection with unread packets makes the server drop what it has not read
 * yet, and some cameras then keep the session, and its place, until it times out. */
void
rtsp_session_tear_down (RtspSession *self)
{
  g_autofree char *session = session_header (self);
  const RtspRequest request = { .method = GST_RTSP_TEARDOWN, .uri = self->control, .headers = session };

  if (self->id == NULL)
    return;
  self->over = TRUE;
  rtsp_client_part (self->client, &request, g_get_monotonic_time () + FAREWELL_US);
}
