#include "rtsp-message.h"

#include <string.h>

#define VERSION "RTSP/"

static gboolean
is_uri (const char *text)
{
  return g_ascii_strncasecmp (text, "rtsp://", 7) == 0 || g_ascii_strncasecmp (text, "rtsps://", 8) == 0;
}

/* "RTSP/1.0 200 OK" */
static GstRTSPMessage *
parse_status_line (const char *line)
{
  const char *status = strchr (line, ' ');
  GstRTSPMessage *message = NULL;
  guint64 code = 0;

  if (status == NULL)
    return NULL;
  g_auto (GStrv) words = g_strsplit (g_strchug ((char *)status), " ", 2);
  if (words[0] == NULL || !g_ascii_string_to_unsigned (words[0], 10, 100, 999, &code, NULL))
    return NULL;
  gst_rtsp_message_new_response (&message, (GstRTSPStatusCode)code, words[1] != NULL ? g_strstrip (words[1]) : "",
                                 NULL);
  return message;
}

/* "OPTIONS rtsp://host/path RTSP/1.0" */
static GstRTSPMessage *
parse_request_line (const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  GstRTSPMessage *message = NULL;

  if (g_strv_length (words) != 3 || !g_str_has_prefix (g_strchug (words[2]), VERSION))
    return NULL;
  gst_rtsp_message_new_request (&message, gst_rtsp_find_method (words[0]), words[1]);
  return message;
}

static void
add_header (GstRTSPMessage *message, char *line)
{
  char *colon = strchr (line, ':');

  if (colon == NULL)
    return;
  *colon = '\0';
  const char *name = g_strstrip (line);
  const char *value = g_strstrip (colon + 1);
  GstRTSPHeaderField field = gst_rtsp_find_header_field (name);
  if (field != GST_RTSP_HDR_INVALID)
    gst_rtsp_message_add_header (message, field, value);
}

/* A line that begins with a space goes on with the one before. */
static void
unfold (char *text)
{
  for (char *at = text; (at = strchr (at, '\n')) != NULL; at++)
    if (at[1] == ' ' || at[1] == '\t')
      *at = ' ';
}

GstRTSPMessage *
rtsp_message_parse (const char *text, gsize length)
{
  g_autofree char *copy = g_strndup (text, length);

  g_strdelimit (copy, "\r", '\n');
  unfold (copy);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);
  if (lines[0] == NULL)
    return NULL;
  GstRTSPMessage *message
      = g_str_has_prefix (lines[0], VERSION) ? parse_status_line (lines[0]) : parse_request_line (lines[0]);
  for (guint i = 1; message != NULL && lines[i] != NULL; i++)
    add_header (message, lines[i]);
  return message;
}

const char *
rtsp_message_header (const GstRTSPMessage *message, GstRTSPHeaderField field, gint index)
{
  char *value = NULL;

  return gst_rtsp_message_get_header (message, field, &value, index) == GST_RTSP_OK ? value : NULL;
}

guint
rtsp_message_status (const GstRTSPMessage *message)
{
  return message->type == GST_RTSP_MESSAGE_RESPONSE ? message->type_data.response.code : 0;
}

gsize
rtsp_message_content_length (const GstRTSPMessage *message)
{
  const char *text = rtsp_message_header (message, GST_RTSP_HDR_CONTENT_LENGTH, 0);
  guint64 length = 0;

  if (text == NULL)
    return 0;
  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &length, NULL) ? (gsize)length : G_MAXSIZE;
}

gint64
rtsp_message_cseq (const GstRTSPMessage *message)
{
  const char *text = rtsp_message_header (message, GST_RTSP_HDR_CSEQ, 0);
  guint64 cseq = 0;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &cseq, NULL) ? (gint64)cseq : -1;
}

/* The value of "name=value" among the parameters of a header. (transfer full) */
static char *
parameter (const char *header, const char *separator, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (header, separator, -1);
  gsize length = strlen (name);

  for (guint i = 0; parts[i] != NULL; i++) {
    const char *part = g_strstrip (parts[i]);
    if (g_ascii_strncasecmp (part, name, length) == 0 && part[length] == '=')
      return g_strdup (part + length + 1);
  }
  return NULL;
}

char *
rtsp_message_session (const GstRTSPMessage *message, guint *timeout)
{
  const char *header = rtsp_message_header (message, GST_RTSP_HDR_SESSION, 0);

  if (header == NULL)
    return NULL;
  g_autofree char *seconds = parameter (header, ";", "timeout");
  guint64 value = 0;
  if (seconds != NULL && g_ascii_string_to_unsigned (seconds, 10, 1, G_MAXUINT16, &value, NULL))
    *timeout = (guint)value;
  return g_strstrip (g_strndup (header, strcspn (header, ";")));
}

gboolean
rtsp_message_channel (const GstRTSPMessage *message, guint *channel)
{
  const char *header = rtsp_message_header (message, GST_RTSP_HDR_TRANSPORT, 0);
  g_autofree char *channels = header != NULL ? parameter (header, ";", "interleaved") : NULL;
  guint64 value = 0;

  if (channels == NULL)
    return FALSE;
  channels[strcspn (channels, "-,")] = '\0';
  if (!g_ascii_string_to_unsigned (g_strstrip (channels), 10, 0, G_MAXUINT8 - 1, &value, NULL))
    return FALSE;
  *channel = (guint)value;
  return TRUE;
}

/* Cameras give the whole URL, the path alone or just the control attribute. */
static gboolean
names_medium (const char *url, const char *control)
{
  gsize url_length = strlen (url);
  gsize control_length = strlen (control);

  if (url_length <= control_length)
    return url_length > 0 && g_str_has_suffix (control, url);
  return g_str_has_suffix (url, control);
}

gboolean
rtsp_message_rtp_time (const GstRTSPMessage *message, const char *control, guint32 *rtp_time)
{
  const char *header = rtsp_message_header (message, GST_RTSP_HDR_RTP_INFO, 0);

  if (header == NULL)
    return FALSE;
  g_auto (GStrv) media = g_strsplit (header, ",", -1);
  for (guint i = 0; media[i] != NULL; i++) {
    g_autofree char *url = parameter (media[i], ";", "url");
    g_autofree char *text = parameter (media[i], ";", "rtptime");
    guint64 value = 0;
    if (url != NULL && text != NULL && names_medium (url, control)
        && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &value, NULL)) {
      *rtp_time = (guint32)value;
      return TRUE;
    }
  }
  return FALSE;
}

char *
rtsp_message_base (const GstRTSPMessage *message, const char *url)
{
  static const GstRTSPHeaderField fields[] = { GST_RTSP_HDR_CONTENT_BASE, GST_RTSP_HDR_CONTENT_LOCATION };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    const char *base = rtsp_message_header (message, fields[i], 0);
    if (base != NULL && is_uri (base))
      return g_strdup (base);
  }
  return g_strdup (url);
}

/* Appended, not resolved as RFC 3986 says: that is what cameras expect whose URLs have a query. */
char *
rtsp_control_url (const char *base, const char *control)
{
  if (control == NULL || control[0] == '\0' || strcmp (control, "*") == 0)
    return g_strdup (base);
  if (is_uri (control))
    return g_strdup (control);
  gboolean has_slash = g_str_has_suffix (base, "/");
  return g_strconcat (base, has_slash ? "" : "/", control[0] == '/' ? control + 1 : control, NULL);
}
