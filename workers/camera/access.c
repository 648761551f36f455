#include "access.h"
#include "clients.h"

#define TYPE_ACCESS (access_get_type ())
G_DECLARE_FINAL_TYPE (Access, access, DSLRS, ACCESS, GstRTSPAuth)

struct _Access
{
  GstRTSPAuth parent;
  GPtrArray *mounts;
};

G_DEFINE_TYPE (Access, access, GST_TYPE_RTSP_AUTH)

static void
answer (Mount *mount, GstRTSPContext *context, GstRTSPStatusCode status)
{
  gst_rtsp_message_init_response (context->response, status, gst_rtsp_status_as_text (status), context->request);
  if (status == GST_RTSP_STS_UNAUTHORIZED)
    credentials_challenge (mount->credentials, context);
  gst_rtsp_client_send_message (context->client, context->session, context->response);
}

/* 0: none */
static int
refusal_of (Mount *mount, GstRTSPContext *context)
{
  if (context->method & g_atomic_int_get (&mount->faults.refused_methods))
    return g_atomic_int_get (&mount->faults.refusal);
  if (!credentials_accept (mount->credentials, context, g_atomic_int_get (&mount->faults.stale_nonces)))
    return GST_RTSP_STS_UNAUTHORIZED;
  return 0;
}

static gboolean
check_request (Access *self, GstRTSPContext *context)
{
  Mount *mount = context->uri != NULL ? mount_find (self->mounts, context->uri->abspath) : NULL;
  int refusal;

  if (mount == NULL)
    return TRUE;
  clients_set_mount (context->client, mount);
  if (context->method == GST_RTSP_OPTIONS)
    return TRUE;
  if (context->method & g_atomic_int_get (&mount->faults.reset_methods)) {
    clients_reset_one (context->client);
    return FALSE;
  }
  refusal = refusal_of (mount, context);
  if (refusal != 0)
    answer (mount, context, refusal);
  return refusal == 0;
}

static gboolean
check (GstRTSPAuth *auth, GstRTSPContext *context, const char *what)
{
  if (g_str_equal (what, GST_RTSP_AUTH_CHECK_URL))
    return check_request (DSLRS_ACCESS (auth), context);
  /* A client may not choose where the camera sends to. */
  return !g_str_equal (what, GST_RTSP_AUTH_CHECK_TRANSPORT_CLIENT_SETTINGS);
}

static void
access_class_init (AccessClass *class)
{
  GST_RTSP_AUTH_CLASS (class)->check = check;
}

static void
access_init (Access *self)
{
}

GstRTSPAuth *
access_new (GPtrArray *mounts)
{
  Access *self = g_object_new (TYPE_ACCESS, NULL);

  self->mounts = mounts;
  return GST_RTSP_AUTH (self);
}
