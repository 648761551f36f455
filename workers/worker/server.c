/* An RTSP output: one mount of the worker's RTSP server, and its viewers. */
#include "fallback.h"
#include "json-read.h"
#include "mount-factory.h"
#include "output-report.h"
#include "output.h"
#include "rtsp-service.h"

#include <gio/gio.h>

#define KIND "rtsp"
/* The worker gives an output two seconds. */
#define STOP_MS 1900
#define LOOK_MS 20
#define CARE_S 1
#define SLOW_VIEWER_MS 10000

typedef struct
{
  Output output;
  OutputContext *context;
  RtspService *service;
  ViewerGroup *group;
  Fallback *fallback;
  gboolean shows_stills;
  char *mount;
  Multicast *multicast;  /* NULL: each viewer is sent to */
  gint64 slow_viewer_us; /* who takes nothing for so long is ended */
  gboolean up;
  guint when_ready;
  guint care;

  OutputStopped stopped;
  gpointer stopped_data;
  gint64 stop_until_us;
  guint stopping;
} Server;

typedef struct
{
  const char *mount;
  FallbackKind fallback;
  guint max_viewers; /* 0: no limit */
  gint64 slow_viewer_us;
  Access *access;
  Multicast *multicast;
  JsonObject *substream; /* NULL: there is none; (transfer none) */
} Settings;

static gboolean
parse_settings (JsonObject *object, Settings *settings, GError **error)
{
  settings->mount = json_read_string (object, "mount", "");
  if (settings->mount[0] != '/' || settings->mount[1] == '\0') {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "an RTSP output needs a mount that begins with a slash");
    return FALSE;
  }
  if (!fallback_kind_from_name (json_read_string (object, "fallback", "none"), &settings->fallback)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "a fallback is none, lastFrame or slate");
    return FALSE;
  }
  if (!substream_read (object, &settings->substream, error))
    return FALSE;
  settings->max_viewers = (guint)CLAMP (json_read_int (object, "maxViewers", 0), 0, G_MAXINT);
  settings->slow_viewer_us = json_read_int (object, "slowViewerMs", SLOW_VIEWER_MS) * 1000;
  return multicast_read (object, &settings->multicast, error) && access_read (object, &settings->access, error);
}

static void
settings_clear (Settings *settings)
{
  g_clear_pointer (&settings->access, access_unref);
  g_clear_pointer (&settings->multicast, multicast_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Settings, settings_clear)

static gboolean
mount (Server *self, Settings *settings, GError **error)
{
  GstRTSPMediaFactory *factory = mount_factory_new (self->context, self->group, self->fallback, settings->multicast);

  if (!rtsp_service_mount (self->service, settings->mount, factory)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is in use by another output", settings->mount);
    return FALSE;
  }
  g_free (self->mount);
  self->mount = g_strdup (settings->mount);
  g_clear_pointer (&self->multicast, multicast_free);
  self->multicast = g_steal_pointer (&settings->multicast);
  return TRUE;
}

static gboolean
move (Server *self, Settings *settings, GError **error)
{
  g_autofree char *former = g_strdup (self->mount);
  gboolean stays = g_str_equal (former, settings->mount);

  if (stays)
    rtsp_service_unmount (self->service, former);
  if (!mount (self, settings, error))
    return FALSE;
  if (!stays)
    rtsp_service_unmount (self->service, former);
  viewer_group_end_all (self->group);
  return TRUE;
}

static void
set_substream (Server *self, JsonObject *settings)
{
  if (self->context->substream != NULL)
    substream_set (self->context->substream, settings);
}

static gboolean
is_elsewhere (const Server *self, const Settings *settings)
{
  return !g_str_equal (settings->mount, self->mount) || !multicast_equal (settings->multicast, self->multicast);
}

static gboolean
server_change (Output *output, JsonObject *object, GError **error)
{
  Server *self = (Server *)output;
  g_auto (Settings) settings = { 0 };

  if (!parse_settings (object, &settings, error))
    return FALSE;
  if (is_elsewhere (self, &settings) && !move (self, &settings, error))
    return FALSE;
  viewer_group_set_most (self->group, settings.max_viewers);
  self->slow_viewer_us = settings.slow_viewer_us;
  viewer_group_set_access (self->group, settings.access);
  set_substream (self, settings.substream);
  fallback_set (self->fallback, settings.fallback, self->mount + 1);
  return TRUE;
}

static gboolean
look_for_end (gpointer user_data)
{
  Server *self = user_data;

  if (!viewer_group_is_empty (self->group) && g_get_monotonic_time () < self->stop_until_us)
    return G_SOURCE_CONTINUE;
  self->stopping = 0;
  self->stopped (&self->output, self->stopped_data);
  return G_SOURCE_REMOVE;
}

static void
server_stop (Output *output, OutputStopped stopped, gpointer user_data)
{
  Server *self = (Server *)output;

  self->stopped = stopped;
  self->stopped_data = user_data;
  self->stop_until_us = g_get_monotonic_time () + STOP_MS * 1000;
  rtsp_service_unmount (self->service, self->mount);
  viewer_group_end_all (self->group);
  self->stopping = g_timeout_add (LOOK_MS, look_for_end, self);
}

static void
server_list_viewers (Output *output)
{
  viewer_group_report (((Server *)output)->group);
}

static gboolean
server_end_viewer (Output *output, guint number)
{
  return viewer_group_end_number (((Server *)output)->group, number);
}

static void
add_int (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64)value);
}

static void
server_stats (Output *output, JsonBuilder *builder)
{
  Server *self = (Server *)output;
  ViewerGroupStats stats;

  viewer_group_get_stats (self->group, &stats);
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, self->up ? "up" : "waiting");
  add_int (builder, "viewers", stats.viewers);
  add_int (builder, "framesSent", stats.frames_sent);
  add_int (builder, "viewersRefused", stats.refused);
  add_int (builder, "framesDropped", stats.frames_dropped);
}

static void
on_showing (gboolean showing, gpointer user_data)
{
  Server *self = user_data;

  if (self->shows_stills != showing)
    rtsp_service_note_stills (self->service, showing);
  self->shows_stills = showing;
}

static void
server_free (Output *output)
{
  Server *self = (Server *)output;

  if (self->when_ready != 0)
    hub_cancel_ready (self->context->hub, self->when_ready);
  g_clear_handle_id (&self->stopping, g_source_remove);
  g_clear_handle_id (&self->care, g_source_remove);
  fallback_stop (self->fallback);
  on_showing (FALSE, self);
  if (self->mount != NULL)
    rtsp_service_unmount (self->service, self->mount);
  viewer_group_abandon (self->group);
  fallback_unref (self->fallback);
  rtsp_service_release (self->service);
  viewer_group_unref (self->group);
  g_free (self->mount);
  g_clear_pointer (&self->multicast, multicast_free);
  g_free (self->output.id);
  g_free (self);
}

static gboolean
care_for_viewers (gpointer user_data)
{
  Server *self = user_data;

  viewer_group_end_stalled (self->group, self->slow_viewer_us);
  if (fallback_is_away (self->fallback))
    viewer_group_keep_sessions (self->group);
  return G_SOURCE_CONTINUE;
}

static void
on_hub_ready (gpointer user_data)
{
  Server *self = user_data;

  self->when_ready = 0;
  self->up = TRUE;
  output_report_up (self->context->reporter, self->output.id, KIND);
}

static const OutputFuncs server_funcs = {
  .change = server_change,
  .stop = server_stop,
  .list_viewers = server_list_viewers,
  .end_viewer = server_end_viewer,
  .stats = server_stats,
  .free = server_free,
};

static Server *
server_alloc (OutputContext *context, RtspService *service, const char *id)
{
  Server *self = g_new0 (Server, 1);

  self->output.funcs = &server_funcs;
  self->output.id = g_strdup (id);
  self->output.kind = KIND;
  self->context = context;
  self->service = service;
  self->group = viewer_group_new (context->reporter, self->output.id, &context->last_viewer);
  const FallbackSettings fallback = {
    .context = context,
    .group = self->group,
    .id = self->output.id,
    .showing = on_showing,
    .user_data = self,
  };
  self->fallback = fallback_new (&fallback);
  return self;
}

Output *
server_new (OutputContext *context, JsonObject *object, GError **error)
{
  g_auto (Settings) settings = { 0 };
  RtspService *service = parse_settings (object, &settings, error) ? rtsp_service_acquire (context, error) : NULL;

  if (service == NULL)
    return NULL;
  Server *self = server_alloc (context, service, json_read_string (object, "id", KIND));
  viewer_group_set_access (self->group, settings.access);
  if (!mount (self, &settings, error)) {
    server_free (&self->output);
    return NULL;
  }
  viewer_group_set_most (self->group, settings.max_viewers);
  self->slow_viewer_us = settings.slow_viewer_us;
  set_substream (self, settings.substream);
  fallback_set (self->fallback, settings.fallback, self->mount + 1);
  self->care = g_timeout_add_seconds (CARE_S, care_for_viewers, self);
  self->when_ready = hub_when_ready (context->hub, on_hub_ready, self);
  return &self->output;
}
