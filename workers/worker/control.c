#include "control.h"
#include "message.h"
#include "unix_socket.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define PROTOCOL 1
/* Connections that have not said hello yet; more are closed at once. */
#define MAX_STRANGERS 8

struct _Control
{
  const char *name;
  Reporter *reporter;
  const ControlFuncs *funcs;
  gpointer user_data;
  int listener;
  guint watch;
  gint64 epoch;
  Lines *supervisor;
  GPtrArray *strangers; /* Lines */
};

static void
send_hello (Control *self, Lines *lines)
{
  g_autoptr (JsonBuilder) builder = message_new ("hello");
  g_autofree char *gstreamer = g_strdup_printf ("%u.%u.%u", GST_VERSION_MAJOR, GST_VERSION_MINOR, GST_VERSION_MICRO);

  message_add_int (builder, "protocol", PROTOCOL);
  message_add_string (builder, "name", self->name);
  message_add_int (builder, "pid", getpid ());
  message_add_string (builder, "version", DSLRS_VERSION);
  message_add_string (builder, "gstreamer", gstreamer);
  message_send (lines, builder);
}

static void
send_ready (Control *self, Lines *lines)
{
  g_autoptr (JsonBuilder) builder = message_new ("ready");

  self->funcs->ready (builder, self->user_data);
  message_send (lines, builder);
}

static void
send_reply (Lines *lines, gint64 seq, const GError *error)
{
  g_autoptr (JsonBuilder) builder = message_new ("reply");

  message_add_int (builder, "seq", seq);
  json_builder_set_member_name (builder, "ok");
  json_builder_add_boolean_value (builder, error == NULL);
  if (error != NULL) {
    message_add_string (builder, "message", error->message);
  }
  message_send (lines, builder);
}

static void
deliver (JsonNode *report, gpointer user_data)
{
  Control *self = user_data;

  lines_send (self->supervisor, report);
}

static void
lose_supervisor (Control *self)
{
  if (self->supervisor == NULL)
    return;
  reporter_set_deliver (self->reporter, NULL, NULL);
  g_clear_pointer (&self->supervisor, lines_free);
  self->funcs->attended (FALSE, self->user_data);
}

static gboolean
json_int (JsonObject *object, const char *name, gint64 *value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || json_node_get_node_type (node) != JSON_NODE_VALUE
      || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return TRUE;
}

static void
greet (Control *self, Lines *lines, JsonObject *hello)
{
  gint64 protocol = 0;
  gint64 epoch = 0;
  guint at = 0;

  if (!json_int (hello, "protocol", &protocol) || !json_int (hello, "epoch", &epoch)) {
    lines_refuse (lines, "hello needs the numbers protocol and epoch");
    return;
  }
  if (protocol != PROTOCOL) {
    lines_refuse (lines, "this worker speaks protocol 1");
    return;
  }
  if (epoch < self->epoch) {
    g_autofree char *reason
        = g_strdup_printf ("epoch %" G_GINT64_FORMAT " is older than %" G_GINT64_FORMAT, epoch, self->epoch);
    lines_refuse (lines, reason);
    return;
  }
  self->epoch = epoch;
  if (g_ptr_array_find (self->strangers, lines, &at))
    g_ptr_array_steal_index (self->strangers, at);
  lose_supervisor (self);
  self->supervisor = lines;
  send_hello (self, lines);
  send_ready (self, lines);
  reporter_set_deliver (self->reporter, deliver, self);
  self->funcs->attended (TRUE, self->user_data);
}

static void
take_order (Control *self, const char *type, JsonObject *order)
{
  g_autoptr (GError) error = NULL;
  gint64 seq = 0;

  if (!json_int (order, "seq", &seq)) {
    lines_refuse (self->supervisor, "an order needs the number seq");
    return;
  }
  if (strcmp (type, "ping") != 0)
    self->funcs->order (type, order, self->user_data, &error);
  if (self->supervisor != NULL)
    send_reply (self->supervisor, seq, error);
}

static void
on_message (Lines *lines, const char *type, JsonObject *message, gpointer user_data)
{
  Control *self = user_data;

  if (lines == self->supervisor)
    take_order (self, type, message);
  else if (strcmp (type, "hello") == 0)
    greet (self, lines, message);
  else
    lines_refuse (lines, "say hello first");
}

static void
on_closed (Lines *lines, const char *reason, gpointer user_data)
{
  Control *self = user_data;

  if (lines == self->supervisor)
    lose_supervisor (self);
  else
    g_ptr_array_remove (self->strangers, lines);
}

static const LinesFuncs lines_funcs = { .message = on_message, .closed = on_closed };

static gboolean
on_connection (int listener, GIOCondition condition, gpointer user_data)
{
  Control *self = user_data;
  int fd = unix_socket_accept (listener, NULL);

  if (fd < 0)
    return G_SOURCE_CONTINUE;
  if (self->strangers->len >= MAX_STRANGERS)
    g_ptr_array_remove_index (self->strangers, 0);
  g_ptr_array_add (self->strangers, lines_new (fd, &lines_funcs, self));
  return G_SOURCE_CONTINUE;
}

Control *
control_new (const char *name, Reporter *reporter, const ControlFuncs *funcs, gpointer user_data, GError **error)
{
  int listener = unix_socket_listen ("control.sock", error);

  if (listener < 0)
    return NULL;
  Control *self = g_new0 (Control, 1);
  self->name = name;
  self->reporter = reporter;
  self->funcs = funcs;
  self->user_data = user_data;
  self->listener = listener;
  self->strangers = g_ptr_array_new_with_free_func ((GDestroyNotify)lines_free);
  self->watch = g_unix_fd_add_full (G_PRIORITY_HIGH, listener, G_IO_IN, on_connection, self, NULL);
  return self;
}

void
control_free (Control *self)
{
  g_source_remove (self->watch);
  close (self->listener);
  unlink ("control.sock");
  reporter_set_deliver (self->reporter, NULL, NULL);
  g_clear_pointer (&self->supervisor, lines_free);
  g_ptr_array_unref (self->strangers);
  g_free (self);
}
