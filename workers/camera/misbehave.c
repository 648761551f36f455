#include "misbehave.h"
#include "clients.h"
#include "order.h"

#include <gio/gio.h>

/* From the good-bye of a session's media to the end of its connection. */
#define FAREWELL_MS 300

/* All but OPTIONS, which is open, and TEARDOWN, which harms nobody. */
#define GUARDED_METHODS (~(GST_RTSP_OPTIONS | GST_RTSP_TEARDOWN))

typedef struct
{
  Camera *camera;
  Mount *mount; /* NULL: all, or the camera as such */
  JsonObject *order;
} Deed;

static gboolean
invalid (GError **error, const char *message)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, message);
  return FALSE;
}

static gboolean
freeze (const Deed *deed, GError **error)
{
  gboolean all = !json_object_has_member (deed->order, "media");
  const char *media = order_string (deed->order, "media", "");
  gboolean video = g_str_equal (media, "video");
  gboolean audio = g_str_equal (media, "audio");

  if (!all && !video && !audio)
    return invalid (error, "\"media\" must be \"video\" or \"audio\"");
  if (all || video)
    g_atomic_int_set (&deed->mount->faults.video_held, TRUE);
  if (all || audio)
    g_atomic_int_set (&deed->mount->faults.audio_held, TRUE);
  return TRUE;
}

static gboolean
thaw (const Deed *deed, GError **error)
{
  g_atomic_int_set (&deed->mount->faults.video_held, FALSE);
  g_atomic_int_set (&deed->mount->faults.audio_held, FALSE);
  feed_restart (mount_feed (deed->mount));
  return TRUE;
}

static gboolean
jump (const Deed *deed, GError **error)
{
  double seconds;

  if (!order_number (deed->order, "seconds", -86400, 86400, &seconds, error))
    return FALSE;
  g_atomic_int_add (&deed->mount->faults.jumped_seconds, (int)seconds);
  return TRUE;
}

static gboolean
corrupt (const Deed *deed, GError **error)
{
  double rate;

  if (!order_number (deed->order, "rate", 0.000001, 1, &rate, error))
    return FALSE;
  g_atomic_int_set (&deed->mount->faults.errors_per_million_bytes, (int)(rate * 1e6 + 0.5));
  return TRUE;
}

static gboolean
set_format (const Deed *deed, GError **error)
{
  PatternSpec format = deed->mount->spec->pattern;
  gboolean ends_sessions;

  if (deed->mount->spec->kind != SOURCE_PATTERN)
    return invalid (error, "only a pattern can change its format");
  if (!spec_read_format (deed->order, &format, error)
      || !mount_set_format (deed->mount, &format, &ends_sessions, error))
    return FALSE;
  if (ends_sessions)
    clients_close (deed->camera, deed->mount);
  return TRUE;
}

static gboolean
drop_clients (const Deed *deed, GError **error)
{
  clients_reset (deed->camera, deed->mount);
  return TRUE;
}

static gboolean
close_port (const Deed *deed, GError **error)
{
  camera_close (deed->camera);
  if (json_object_get_boolean_member_with_default (deed->order, "dropClients", FALSE))
    clients_reset (deed->camera, NULL);
  return TRUE;
}

static gboolean
open_port (const Deed *deed, GError **error)
{
  return camera_open (deed->camera, error);
}

static gboolean
close_again (gpointer user_data)
{
  const Deed *deed = user_data;

  clients_close (deed->camera, deed->mount);
  return G_SOURCE_CONTINUE;
}

static void
stop_closing (Mount *mount)
{
  if (mount->closing != 0)
    g_source_remove (mount->closing);
  mount->closing = 0;
}

static gboolean
close_every (const Deed *deed, GError **error)
{
  const Deed later = { .camera = deed->camera, .mount = deed->mount };
  double seconds;

  if (!order_number (deed->order, "seconds", 0.1, 3600, &seconds, error))
    return FALSE;
  stop_closing (deed->mount);
  deed->mount->closing = g_timeout_add_full (G_PRIORITY_DEFAULT, (guint)(seconds * 1000), close_again,
                                             g_memdup2 (&later, sizeof later), g_free);
  return TRUE;
}

static gboolean
close_once (gpointer user_data)
{
  close_again (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
teardown (const Deed *deed, GError **error)
{
  const Deed later = { .camera = deed->camera, .mount = deed->mount };

  feed_end (mount_feed (deed->mount));
  g_timeout_add_full (G_PRIORITY_DEFAULT, FAREWELL_MS, close_once, g_memdup2 (&later, sizeof later), g_free);
  return TRUE;
}

static void
set_refusal (Mount *mount, int status, int methods)
{
  g_atomic_int_set (&mount->faults.refusal, status);
  g_atomic_int_set (&mount->faults.refused_methods, methods);
}

static gboolean
refuse (const Deed *deed, GError **error)
{
  double status;
  int methods;

  if (!order_number (deed->order, "status", 400, 599, &status, error)
      || !order_method (deed->order, GST_RTSP_DESCRIBE | GST_RTSP_SETUP, &methods, error))
    return FALSE;
  switch ((int)status) {
  case GST_RTSP_STS_UNAUTHORIZED:
  case GST_RTSP_STS_FORBIDDEN:
  case GST_RTSP_STS_NOT_FOUND:
  case GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH:
  case GST_RTSP_STS_SESSION_NOT_FOUND:
  case GST_RTSP_STS_UNSUPPORTED_TRANSPORT:
  case GST_RTSP_STS_INTERNAL_SERVER_ERROR:
  case GST_RTSP_STS_SERVICE_UNAVAILABLE:
  case GST_RTSP_STS_OPTION_NOT_SUPPORTED:
    set_refusal (deed->mount, (int)status, methods);
    return TRUE;
  default:
    return invalid (error, "\"status\" must be 401, 403, 404, 453, 454, 461, 500, 503 or 551");
  }
}

static gboolean
unauthorized (const Deed *deed, GError **error)
{
  set_refusal (deed->mount, GST_RTSP_STS_UNAUTHORIZED, GUARDED_METHODS);
  return TRUE;
}

static gboolean
accept_others (const Deed *deed, GError **error)
{
  const char *user = order_string (deed->order, "user", NULL);
  const char *password = order_string (deed->order, "password", NULL);

  if (user == NULL || password == NULL)
    return invalid (error, "\"user\" and \"password\" must be strings");
  credentials_change (deed->mount->credentials, user, password);
  return TRUE;
}

static gboolean
reset_on (const Deed *deed, GError **error)
{
  int methods;

  if (!order_method (deed->order, GST_RTSP_PLAY, &methods, error))
    return FALSE;
  g_atomic_int_set (&deed->mount->faults.reset_methods, methods);
  return TRUE;
}

static gboolean
mute (const Deed *deed, GError **error)
{
  Camera *camera = deed->camera;

  if (deed->mount == NULL)
    g_atomic_int_set (&camera->faults.muted, TRUE);
  for (guint i = 0; i < camera->mounts->len; i++) {
    Mount *mount = camera->mounts->pdata[i];

    if (deed->mount == NULL || deed->mount == mount)
      g_atomic_int_set (&mount->faults.muted, TRUE);
  }
  clients_spoil (camera, deed->mount);
  return TRUE;
}

static gboolean
drip (const Deed *deed, GError **error)
{
  double rate;

  if (!order_number (deed->order, "bytesPerSecond", 1, 1000000000, &rate, error))
    return FALSE;
  g_atomic_int_set (&deed->mount->faults.bytes_per_second, (int)rate);
  clients_spoil (deed->camera, deed->mount);
  return TRUE;
}

static gboolean
behave_mount (Mount *mount, Camera *camera, GError **error)
{
  const MountSpec *spec = mount->spec;
  gboolean ends_sessions = FALSE;
  gboolean starves = faults_starve (&mount->faults);

  faults_end (&mount->faults);
  stop_closing (mount);
  credentials_change (mount->credentials, spec->user, spec->password);
  if (spec->kind == SOURCE_PATTERN && !mount_set_format (mount, &spec->pattern, &ends_sessions, error))
    return FALSE;
  if (ends_sessions)
    clients_close (camera, mount);
  if (starves)
    feed_restart (mount_feed (mount));
  return TRUE;
}

static gboolean
behave (const Deed *deed, GError **error)
{
  Camera *camera = deed->camera;
  gboolean well = TRUE;

  if (deed->mount == NULL)
    faults_end (&camera->faults);
  for (guint i = 0; well && i < camera->mounts->len; i++) {
    Mount *mount = camera->mounts->pdata[i];

    if (deed->mount == NULL || deed->mount == mount)
      well = behave_mount (mount, camera, error);
  }
  clients_spoil (camera, deed->mount);
  return well && (deed->mount != NULL || camera_open (camera, error));
}

typedef enum
{
  OF_MOUNT,
  OF_CAMERA,
  OF_EITHER
} Concern;

static gboolean
find_mount (Deed *deed, Concern concern, GError **error)
{
  const char *path = order_string (deed->order, "mount", "");

  if (concern != OF_MOUNT && !json_object_has_member (deed->order, "mount"))
    return TRUE;
  if (concern == OF_CAMERA)
    return invalid (error, "this order concerns the whole camera, not a mount");
  deed->mount = mount_find (deed->camera->mounts, path);
  if (deed->mount == NULL || !g_str_equal (deed->mount->spec->path, path))
    return invalid (error, "\"mount\" must be the path of a mount");
  return TRUE;
}

/* Orders that do nothing but set one fault of a mount. */
static gboolean
set_fault (Deed *deed, const char *type, GError **error)
{
  static const struct
  {
    const char *type;
    gsize offset; /* in Faults */
    int value;
  } settings[] = {
    { "audioOnly", G_STRUCT_OFFSET (Faults, video_held), TRUE },
    { "badSdp", G_STRUCT_OFFSET (Faults, sdp), SDP_BAD },
    { "garbage", G_STRUCT_OFFSET (Faults, garbage), TRUE },
    { "halfPacket", G_STRUCT_OFFSET (Faults, half_packet), TRUE },
    { "noKeyframes", G_STRUCT_OFFSET (Faults, keyframes_left_out), TRUE },
    { "staleNonce", G_STRUCT_OFFSET (Faults, stale_nonces), TRUE },
    { "standStill", G_STRUCT_OFFSET (Faults, stands_still), TRUE },
    { "truncateSdp", G_STRUCT_OFFSET (Faults, sdp), SDP_TRUNCATED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    if (!g_str_equal (settings[i].type, type))
      continue;
    if (!find_mount (deed, OF_MOUNT, error))
      return FALSE;
    g_atomic_int_set (&G_STRUCT_MEMBER (int, &deed->mount->faults, settings[i].offset), settings[i].value);
    clients_spoil (deed->camera, deed->mount);
    return TRUE;
  }
  return invalid (error, "unknown order");
}

gboolean
misbehave (Camera *camera, const char *type, JsonObject *order, GError **error)
{
  static const struct
  {
    const char *type;
    gboolean (*perform) (const Deed *deed, GError **error);
    Concern concern;
  } deeds[] = {
    { "accept", accept_others, OF_MOUNT },
    { "behave", behave, OF_EITHER },
    { "close", close_port, OF_CAMERA },
    { "closeEvery", close_every, OF_MOUNT },
    { "corrupt", corrupt, OF_MOUNT },
    { "drip", drip, OF_MOUNT },
    { "dropClients", drop_clients, OF_EITHER },
    { "format", set_format, OF_MOUNT },
    { "freeze", freeze, OF_MOUNT },
    { "jump", jump, OF_MOUNT },
    { "mute", mute, OF_EITHER },
    { "open", open_port, OF_CAMERA },
    { "refuse", refuse, OF_MOUNT },
    { "resetOn", reset_on, OF_MOUNT },
    { "teardown", teardown, OF_MOUNT },
    { "thaw", thaw, OF_MOUNT },
    { "unauthorized", unauthorized, OF_MOUNT },
  };
  Deed deed = { .camera = camera, .order = order };

  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    if (g_str_equal (deeds[i].type, type))
      return find_mount (&deed, deeds[i].concern, error) && deeds[i].perform (&deed, error);
  return set_fault (&deed, type, error);
}
