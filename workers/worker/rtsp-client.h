/* An RTSP client: sends requests with the credentials the server asks for, waits for their answers, and answers what
 * the server asks. Interleaved packets come in at any time. For one thread, which blocks in here; the cancellable ends
 * that at once. Failures are as in rtsp-connection.h. */
#pragma once

#include "rtsp-message.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _RtspClient RtspClient;

typedef struct
{
  const char *user; /* NULL: without credentials */
  const char *password;
  const char *ca_file;   /* trusted certificates for rtsps; NULL: the system's */
  gboolean any_identity; /* takes every certificate */
} RtspAccess;

typedef struct
{
  /* Borrowed for the time of the call. */
  void (*packet) (guint channel, const guint8 *bytes, gsize size, gpointer user_data);
  /* The answer to a request that nobody waited for: (transfer none). */
  void (*answer) (const GstRTSPMessage *answer, gpointer user_data);
} RtspClientFuncs;

RtspClient *rtsp_client_new (const RtspAccess *access, const RtspClientFuncs *funcs, gpointer user_data,
                             GCancellable *cancellable);
void rtsp_client_free (RtspClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtspClient, rtsp_client_free)

/* Connects to the host of `uri`, and closes the connection before. NULL when that worked. */
JsonNode *rtsp_client_open (RtspClient *self, const char *uri);

/* `headers`: whole lines, "" for none. */
typedef struct
{
  GstRTSPMethod method;
  const char *uri;
  const char *headers;
} RtspRequest;

/* Sends and waits for the answer: NULL with `answer` (transfer full), whatever its status is, or why there is none. */
JsonNode *rtsp_client_ask (RtspClient *self, const RtspRequest *request, GstRTSPMessage **answer);
/* Does not wait; FALSE when the server has not even taken what was sent before. */
gboolean rtsp_client_send (RtspClient *self, const RtspRequest *request);
gboolean rtsp_client_send_packet (RtspClient *self, guint channel, const guint8 *bytes, gsize size);

/* Takes in what comes until `deadline_us` (monotonic), and returns after the first read: NULL, or why nothing will come
 * any more. */
JsonNode *rtsp_client_receive (RtspClient *self, gint64 deadline_us);

/* Takes up the challenge of an answer that nobody waited for; TRUE if the request is worth sending again. */
gboolean rtsp_client_challenge (RtspClient *self, const GstRTSPMessage *unauthorized);

/* Sends the last request and waits for its answer until `deadline_us` (monotonic), cancelled or not. */
void rtsp_client_part (RtspClient *self, const RtspRequest *request, gint64 deadline_us);

G_END_DECLS
