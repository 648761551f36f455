#include "control.h"
#include "misbehave.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>

#include "message.h"
#include "unix_socket.h"

#define PROTOCOL_VERSION 1

typedef struct
{
  const ControlContext *context;
  GPtrArray *peers;
} Control;

typedef struct
{
  Control *control;
  Lines *lines;
  gboolean greeted;
} Peer;

static void
peer_free (Peer *peer)
{
  lines_free (peer->lines);
  g_free (peer);
}

static void
greet (Peer *peer)
{
  const Camera *camera = peer->control->context->camera;
  g_autoptr (JsonBuilder) hello = message_new ("hello");
  g_autoptr (JsonBuilder) ready = message_new ("ready");

  peer->greeted = TRUE;
  message_add_int (hello, "protocol", PROTOCOL_VERSION);
  message_add_string (hello, "name", "camera");
  message_add_int (hello, "pid", getpid ());
  message_add_string (hello, "version", DSLRS_VERSION);
  message_send (peer->lines, hello);

  message_add_int (ready, "port", camera->port);
  json_builder_set_member_name (ready, "mounts");
  json_builder_begin_array (ready);
  for (guint i = 0; i < camera->mounts->len; i++) {
    const Mount *mount = camera->mounts->pdata[i];

    json_builder_begin_object (ready);
    message_add_string (ready, "mount", mount->spec->path);
    message_add_string (ready, "name", mount->spec->name);
    json_builder_end_object (ready);
  }
  json_builder_end_array (ready);
  message_send (peer->lines, ready);
}

static void
send_stats (Peer *peer)
{
  GPtrArray *mounts = peer->control->context->camera->mounts;
  g_autoptr (JsonBuilder) stats = message_new ("stats");

  json_builder_set_member_name (stats, "mounts");
  json_builder_begin_array (stats);
  for (guint i = 0; i < mounts->len; i++) {
    Mount *mount = mounts->pdata[i];

    json_builder_begin_object (stats);
    message_add_string (stats, "mount", mount->spec->path);
    message_add_int (stats, "clients", feed_n_viewers (mount_feed (mount)));
    message_add_int (stats, "framesSent", g_atomic_int_get (&mount->frames_sent));
    json_builder_end_object (stats);
  }
  json_builder_end_array (stats);
  message_send (peer->lines, stats);
}

static void
reply (Peer *peer, JsonObject *order, const GError *error)
{
  g_autoptr (JsonBuilder) builder = message_new ("reply");
  JsonNode *seq = json_object_get_member (order, "seq");

  if (seq != NULL) {
    json_builder_set_member_name (builder, "seq");
    json_builder_add_value (builder, json_node_copy (seq));
  }
  json_builder_set_member_name (builder, "ok");
  json_builder_add_boolean_value (builder, error == NULL);
  if (error != NULL)
    message_add_string (builder, "message", error->message);
  message_send (peer->lines, builder);
}

static void
obey (Peer *peer, const char *type, JsonObject *order)
{
  const ControlContext *context = peer->control->context;
  g_autoptr (GError) error = NULL;
  gboolean plain = g_str_equal (type, "ping") || g_str_equal (type, "stats") || g_str_equal (type, "stop");

  if (!plain)
    misbehave (context->camera, type, order, &error);
  reply (peer, order, error);
  if (g_str_equal (type, "stats"))
    send_stats (peer);
  if (g_str_equal (type, "stop"))
    context->stop (context->user_data);
}

static void
take_message (Lines *lines, const char *type, JsonObject *message, gpointer user_data)
{
  Peer *peer = user_data;

  if (!peer->greeted && !g_str_equal (type, "hello"))
    lines_refuse (lines, "the first line must be a hello");
  else if (peer->greeted)
    obey (peer, type, message);
  else if (json_object_get_int_member_with_default (message, "protocol", 0) != PROTOCOL_VERSION)
    lines_refuse (lines, "another protocol version is spoken here");
  else
    greet (peer);
}

static void
forget_peer (Lines *lines, const char *reason, gpointer user_data)
{
  Peer *peer = user_data;

  g_ptr_array_remove_fast (peer->control->peers, peer);
}

static gboolean
accept_peer (int listener, GIOCondition condition, gpointer user_data)
{
  static const LinesFuncs funcs = { .message = take_message, .closed = forget_peer };
  Control *self = user_data;
  int fd = unix_socket_accept (listener, NULL);
  Peer *peer;

  if (fd < 0)
    return G_SOURCE_CONTINUE;
  peer = g_new0 (Peer, 1);
  peer->control = self;
  peer->lines = lines_new (fd, &funcs, peer);
  g_ptr_array_add (self->peers, peer);
  return G_SOURCE_CONTINUE;
}

static gboolean
report_stats (gpointer user_data)
{
  Control *self = user_data;

  for (guint i = 0; i < self->peers->len; i++) {
    Peer *peer = self->peers->pdata[i];

    if (peer->greeted)
      send_stats (peer);
  }
  return G_SOURCE_CONTINUE;
}

gboolean
control_start (const ControlContext *context, GError **error)
{
  int listener = unix_socket_listen (CONTROL_SOCKET, error);
  Control *self;

  if (listener < 0)
    return FALSE;
  self = g_new0 (Control, 1);
  self->context = context;
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify)peer_free);
  g_unix_fd_add (listener, G_IO_IN, accept_peer, self);
  g_timeout_add_seconds (1, report_stats, self);
  return TRUE;
}
