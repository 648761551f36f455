#include "refusal.h"

#define REFUSAL "dslrs-refusal"

typedef struct
{
  GstRTSPStatusCode code;
  char *reason;
} Refusal;

static void
refusal_free (gpointer data)
{
  Refusal *refusal = data;

  g_free (refusal->reason);
  g_free (refusal);
}

static void
on_send_message (GstRTSPClient *client, GstRTSPContext *context, GstRTSPMessage *message, gpointer user_data)
{
  Refusal *refusal = g_object_get_data (G_OBJECT (client), REFUSAL);

  if (refusal == NULL || gst_rtsp_message_get_type (message) != GST_RTSP_MESSAGE_RESPONSE)
    return;
  if (message->type_data.response.code >= GST_RTSP_STS_BAD_REQUEST) {
    message->type_data.response.code = refusal->code;
    g_free (message->type_data.response.reason);
    message->type_data.response.reason = g_strdup (refusal->reason);
    gst_rtsp_message_add_header_by_name (message, "X-Reason", refusal->reason);
  }
  g_object_set_data (G_OBJECT (client), REFUSAL, NULL);
}

void
refusal_watch (GstRTSPClient *client)
{
  g_signal_connect (client, "send-message", G_CALLBACK (on_send_message), NULL);
}

void
refusal_set (GstRTSPClient *client, GstRTSPStatusCode code, const char *reason)
{
  Refusal *refusal = g_new (Refusal, 1);

  refusal->code = code;
  refusal->reason = g_strdup (reason);
  g_object_set_data_full (G_OBJECT (client), REFUSAL, refusal, refusal_free);
}
