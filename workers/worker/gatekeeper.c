#include "gatekeeper.h"
#include "login-check.h"
#include "login-guard.h"
#include "mount-factory.h"
#include "output-report.h"

#include <string.h>
#include <sys/random.h>

/* A session that began with a nonce may go on with it: nobody else's connection can use it, and a player that does not
 * read the answers to its keep-alives would lose the session. */
#define NONCE_US (5 * 60 * G_USEC_PER_SEC)
#define NONCE_BYTES 16
/* Of a name that somebody sends. */
#define SHOWN_BYTES 64

#define ATTENDANCE "dslrs-attendance"
#define LOGIN "dslrs-login"

/* What is known of one client; its own thread alone looks. */
typedef struct
{
  gboolean is_secure;
  char nonce[2 * NONCE_BYTES + 1]; /* empty: none yet */
  gint64 since_us;
} Attendance;

struct _Gatekeeper
{
  GstRTSPAuth parent;
  LoginGuard *guard;
  GMutex lock;
  Reporter *reporter; /* NULL: it is gone */
};

G_DEFINE_TYPE (Gatekeeper, gatekeeper, GST_TYPE_RTSP_AUTH)

void
gatekeeper_attend (GstRTSPClient *client, gboolean is_secure)
{
  Attendance *attendance = g_new0 (Attendance, 1);

  attendance->is_secure = is_secure;
  g_object_set_data_full (G_OBJECT (client), ATTENDANCE, attendance, g_free);
}

static gpointer
dup_login (gpointer login, gpointer user_data)
{
  return login != NULL ? login_ref (login) : NULL;
}

Login *
gatekeeper_login_of (GstRTSPClient *client)
{
  return g_object_dup_data (G_OBJECT (client), LOGIN, dup_login, NULL);
}

static void
set_login (GstRTSPClient *client, Login *login)
{
  g_object_set_data_full (G_OBJECT (client), LOGIN, login != NULL ? login_ref (login) : NULL,
                          login != NULL ? (GDestroyNotify)login_unref : NULL);
}

static const char *
address_of (GstRTSPContext *context)
{
  const char *address = gst_rtsp_connection_get_ip (context->conn);

  return address != NULL ? address : "unknown";
}

/* Who may watch what the request is for; NULL: everybody, or there is nothing to watch. (transfer full) */
static Access *
access_for (GstRTSPContext *context)
{
  g_autoptr (GstRTSPMediaFactory) factory = mount_factory_for (context);

  return factory != NULL ? mount_factory_access (factory) : NULL;
}

static void
answer (GstRTSPContext *context, GstRTSPStatusCode code)
{
  gst_rtsp_message_init_response (context->response, code, gst_rtsp_status_as_text (code), context->request);
}

static void
send (GstRTSPContext *context)
{
  gst_rtsp_client_send_message (context->client, NULL, context->response);
}

static void
renew_nonce (Attendance *attendance)
{
  guint8 bytes[NONCE_BYTES];

  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    g_error ("no random numbers");
  for (gsize i = 0; i < sizeof bytes; i++)
    g_snprintf (attendance->nonce + 2 * i, 3, "%02x", bytes[i]);
  attendance->since_us = g_get_monotonic_time ();
}

static void
challenge (GstRTSPContext *context, Attendance *attendance, gboolean is_stale)
{
  renew_nonce (attendance);
  g_autofree char *digest = g_strdup_printf ("Digest realm=\"" ACCESS_REALM "\", nonce=\"%s\"%s", attendance->nonce,
                                             is_stale ? ", stale=true" : "");

  answer (context, GST_RTSP_STS_UNAUTHORIZED);
  gst_rtsp_message_add_header (context->response, GST_RTSP_HDR_WWW_AUTHENTICATE, digest);
  if (attendance->is_secure)
    gst_rtsp_message_add_header (context->response, GST_RTSP_HDR_WWW_AUTHENTICATE, "Basic realm=\"" ACCESS_REALM "\"");
  send (context);
}

static void
forbid (GstRTSPContext *context, const char *reason, guint wait_ms)
{
  answer (context, GST_RTSP_STS_FORBIDDEN);
  gst_rtsp_message_add_header_by_name (context->response, "X-Reason", reason);
  if (wait_ms > 0) {
    g_autofree char *seconds = g_strdup_printf ("%u", (wait_ms + 999) / 1000);
    gst_rtsp_message_add_header (context->response, GST_RTSP_HDR_RETRY_AFTER, seconds);
  }
  send (context);
}

static void
report (Gatekeeper *self, GstRTSPContext *context, const Login *login, const char *why, guint wait_ms)
{
  g_autofree char *cut = g_strndup (login->user, SHOWN_BYTES);
  g_autofree char *user = g_utf8_make_valid (cut, -1);
  const LoginSummary summary = { .address = address_of (context), .user = user, .why = why, .wait_ms = wait_ms };

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  if (self->reporter != NULL)
    output_report_login_refused (self->reporter, &summary);
}

static void
refuse_guess (Gatekeeper *self, GstRTSPContext *context, Attendance *attendance, const Login *login, const char *why)
{
  guint wait_ms = login_guard_count (self->guard, address_of (context), g_get_monotonic_time ());

  set_login (context->client, NULL);
  report (self, context, login, why, wait_ms);
  challenge (context, attendance, FALSE);
}

static gboolean
holds (const Attendance *attendance, GstRTSPContext *context)
{
  return attendance->nonce[0] != '\0'
         && (context->session != NULL || g_get_monotonic_time () - attendance->since_us < NONCE_US);
}

/* The answer is sent where it is FALSE. */
static gboolean
check_login (Gatekeeper *self, GstRTSPContext *context, const Access *access, Attendance *attendance)
{
  g_autoptr (Login) former = gatekeeper_login_of (context->client);
  g_autoptr (Login) login = NULL;
  char *authorization = NULL;

  gst_rtsp_message_get_header (context->request, GST_RTSP_HDR_AUTHORIZATION, &authorization, 0);
  /* Whoever is in already is not kept waiting for what others do at the same address. */
  guint wait_ms = authorization != NULL && former == NULL
                      ? login_guard_wait_ms (self->guard, address_of (context), g_get_monotonic_time ())
                      : 0;
  if (wait_ms > 0) {
    forbid (context, "too many wrong passwords from this address", wait_ms);
    return FALSE;
  }
  const LoginRequest request = {
    .method = gst_rtsp_method_as_text (context->method),
    .authorization = authorization,
    .nonce = holds (attendance, context) ? attendance->nonce : NULL,
    .is_secure = attendance->is_secure,
  };
  LoginVerdict verdict = login_check (access, &request, &login);
  switch (verdict) {
  case LOGIN_ACCEPTED:
    set_login (context->client, login);
    return TRUE;
  case LOGIN_MISSING:
  case LOGIN_STALE:
    challenge (context, attendance, verdict == LOGIN_STALE);
    return FALSE;
  case LOGIN_WRONG_PASSWORD:
    refuse_guess (self, context, attendance, login, "password");
    return FALSE;
  case LOGIN_UNKNOWN_USER:
    refuse_guess (self, context, attendance, login, "user");
    return FALSE;
  case LOGIN_NOT_A_VIEWER:
    report (self, context, login, "viewer", 0);
    forbid (context, "this user may not watch this stream", 0);
    return FALSE;
  }
  g_assert_not_reached ();
}

static gboolean
check_request (Gatekeeper *self, GstRTSPContext *context)
{
  g_autoptr (Access) access = access_for (context);
  Attendance *attendance = g_object_get_data (G_OBJECT (context->client), ATTENDANCE);

  /* OPTIONS tells nothing about a mount, and players begin with it. */
  if (access == NULL || context->method == GST_RTSP_OPTIONS)
    return TRUE;
  return check_login (self, context, access, attendance);
}

static gboolean
gatekeeper_check (GstRTSPAuth *auth, GstRTSPContext *context, const char *check)
{
  if (g_str_equal (check, GST_RTSP_AUTH_CHECK_URL))
    return check_request (GATE_KEEPER (auth), context);
  /* Nobody chooses where media is sent to. */
  return !g_str_equal (check, GST_RTSP_AUTH_CHECK_TRANSPORT_CLIENT_SETTINGS);
}

static void
gatekeeper_finalize (GObject *object)
{
  Gatekeeper *self = GATE_KEEPER (object);

  login_guard_free (self->guard);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gatekeeper_parent_class)->finalize (object);
}

static void
gatekeeper_class_init (GatekeeperClass *class)
{
  G_OBJECT_CLASS (class)->finalize = gatekeeper_finalize;
  GST_RTSP_AUTH_CLASS (class)->check = gatekeeper_check;
}

static void
gatekeeper_init (Gatekeeper *self)
{
  self->guard = login_guard_new ();
  g_mutex_init (&self->lock);
}

Gatekeeper *
gatekeeper_new (Reporter *reporter)
{
  Gatekeeper *self = g_object_new (gatekeeper_get_type (), NULL);

  self->reporter = reporter;
  return self;
}

void
gatekeeper_silence (Gatekeeper *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->reporter = NULL;
}

void
gatekeeper_count_guess (Gatekeeper *self, const char *address)
{
  login_guard_count (self->guard, address, g_get_monotonic_time ());
}
