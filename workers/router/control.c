#include "control.h"

#include "message.h"
#include "unix_socket.h"

#include <glib-unix.h>
#include <unistd.h>

#define PROTOCOL 1
/* Connections that have not said hello. */
#define MAX_STRANGERS 8

struct _Control
{
  const ControlContext *context;
  int listener;
  guint watch;
  guint ticker;
  gint64 epoch;      /* the highest seen */
  Lines *supervisor; /* NULL: none connected */
  GPtrArray *strangers;
};

static void
send_greeting (Control *self)
{
  g_autoptr (JsonBuilder) hello = message_new ("hello");
  message_add_int (hello, "protocol", PROTOCOL);
  message_add_string (hello, "name", "router");
  /* The process that keeps the sockets is the router to the outside. */
  message_add_int (hello, "pid", getppid ());
  message_add_string (hello, "version", DSLRS_VERSION);
  message_send (self->supervisor, hello);

  g_autoptr (JsonBuilder) ready = message_new ("ready");
  json_builder_set_member_name (ready, "listen");
  json_builder_begin_array (ready);
  GPtrArray *listeners = door_get_listeners (self->context->door);
  for (guint i = 0; i < listeners->len; i++)
    json_builder_add_string_value (ready, ((Listener *)listeners->pdata[i])->address);
  json_builder_end_array (ready);
  message_send (self->supervisor, ready);
}

static gboolean
on_tick (gpointer data)
{
  Control *self = data;
  DoorStats stats = door_get_stats (self->context->door);
  g_autoptr (JsonBuilder) report = message_new ("stats");
  message_add_int (report, "accepted", stats.accepted);
  message_add_int (report, "handedOver", stats.handed_over);
  message_add_int (report, "refused", stats.refused);
  message_add_int (report, "pending", stats.pending);
  message_add_int (report, "connections", stats.connections);
  message_add_int (report, "viewers", stats.viewers);
  message_send (self->supervisor, report);
  return G_SOURCE_CONTINUE;
}

static void
drop_supervisor (Control *self)
{
  if (self->ticker != 0)
    g_source_remove (self->ticker);
  self->ticker = 0;
  g_clear_pointer (&self->supervisor, lines_free);
}

/* A member that is a number, or `absent`. */
static gint64
get_int (JsonObject *message, const char *name, gint64 absent)
{
  JsonNode *member = json_object_get_member (message, name);
  return member != NULL && json_node_get_value_type (member) == G_TYPE_INT64 ? json_node_get_int (member) : absent;
}

static void
take_hello (Control *self, Lines *lines, const char *type, JsonObject *message)
{
  gint64 epoch = get_int (message, "epoch", -1);
  if (g_strcmp0 (type, "hello") != 0) {
    lines_refuse (lines, "hello comes first");
  } else if (get_int (message, "protocol", -1) != PROTOCOL) {
    lines_refuse (lines, "another protocol version");
  } else if (epoch < self->epoch) {
    lines_refuse (lines, "an older epoch");
  } else {
    self->epoch = epoch;
    drop_supervisor (self);
    guint index;
    g_ptr_array_find (self->strangers, lines, &index);
    self->supervisor = g_ptr_array_steal_index_fast (self->strangers, index);
    self->ticker = g_timeout_add_seconds (1, on_tick, self);
    send_greeting (self);
  }
}

/* Why an order was not carried out: (transfer full), or NULL. */
static char *
carry_out (Control *self, const char *type)
{
  char *problem = NULL;
  if (g_strcmp0 (type, "reload") == 0)
    door_listen (self->context->door, &problem);
  else if (g_strcmp0 (type, "ping") != 0 && g_strcmp0 (type, "stop") != 0)
    problem = g_strdup ("the router knows only ping, reload and stop");
  return problem;
}

static void
take_order (Control *self, const char *type, JsonObject *message)
{
  g_autofree char *problem = carry_out (self, type);
  g_autoptr (JsonBuilder) reply = message_new ("reply");
  message_add_int (reply, "seq", get_int (message, "seq", 0));
  json_builder_set_member_name (reply, "ok");
  json_builder_add_boolean_value (reply, problem == NULL);
  if (problem != NULL)
    message_add_string (reply, "message", problem);
  message_send (self->supervisor, reply);
  if (g_strcmp0 (type, "stop") == 0)
    g_main_loop_quit (self->context->loop);
}

static void
on_message (Lines *lines, const char *type, JsonObject *message, gpointer data)
{
  Control *self = data;
  if (lines == self->supervisor)
    take_order (self, type, message);
  else
    take_hello (self, lines, type, message);
}

static void
on_closed (Lines *lines, const char *reason, gpointer data)
{
  Control *self = data;
  if (lines == self->supervisor)
    drop_supervisor (self);
  else
    g_ptr_array_remove_fast (self->strangers, lines);
}

static const LinesFuncs lines_funcs = { .message = on_message, .closed = on_closed };

static gboolean
on_connection (int listener, GIOCondition condition, gpointer data)
{
  Control *self = data;
  int fd = unix_socket_accept (listener, NULL);
  if (fd < 0)
    return G_SOURCE_CONTINUE;
  if (self->strangers->len == MAX_STRANGERS)
    g_ptr_array_remove_index (self->strangers, 0);
  g_ptr_array_add (self->strangers, lines_new (fd, &lines_funcs, self));
  return G_SOURCE_CONTINUE;
}

Control *
control_new (const ControlContext *context, GError **error)
{
  int listener = unix_socket_listen ("control.sock", error);
  if (listener < 0)
    return NULL;
  Control *self = g_new0 (Control, 1);
  self->context = context;
  self->listener = listener;
  self->strangers = g_ptr_array_new_with_free_func ((GDestroyNotify)lines_free);
  self->watch = g_unix_fd_add (listener, G_IO_IN, on_connection, self);
  return self;
}

void
control_free (Control *self)
{
  drop_supervisor (self);
  g_ptr_array_unref (self->strangers);
  g_source_remove (self->watch);
  close (self->listener);
  g_free (self);
}
