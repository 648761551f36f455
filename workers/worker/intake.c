#include "intake.h"
#include "fdpass.h"
#include "json-read.h"
#include "one_object.h"
#include "unix_socket.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET "rtsp.sock"
/* Hand-overs under way: the router sends its message at once. */
#define MAX_CONNECTIONS 64
#define MESSAGE_WITHIN_S 5

struct _Intake
{
  int listener;
  guint watch;
  GPtrArray *connections; /* Connection */
  IntakeTaken taken;
  gpointer user_data;
};

typedef struct
{
  Intake *intake;
  int fd;
  guint watch;
  guint deadline;
} Connection;

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_clear_handle_id (&connection->watch, g_source_remove);
  g_clear_handle_id (&connection->deadline, g_source_remove);
  if (connection->fd >= 0)
    close (connection->fd);
  g_free (connection);
}

/* `fd` and `router`: (transfer full). The router is told that the descriptor was taken. */
static void
hand_in (Intake *self, int fd, int router, const char *line)
{
  g_autoptr (JsonNode) node = one_object_check (line, strlen (line)) ? json_from_string (line, NULL) : NULL;
  JsonObject *message = node != NULL ? json_node_get_object (node) : NULL;

  if (message == NULL) {
    close (fd);
    close (router);
    return;
  }
  send (router, "+", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  self->taken (newcomer_new (fd, router, json_read_string (message, "address", "unknown"),
                             (guint16)json_read_int (message, "port", 0), json_read_boolean (message, "tls", FALSE)),
               self->user_data);
}

static gboolean
on_message (int fd, GIOCondition condition, gpointer user_data)
{
  Connection *connection = user_data;
  Intake *self = connection->intake;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;
  int descriptor = fdpass_receive (fd, &line, &error);

  if (descriptor < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  connection->watch = 0;
  if (descriptor >= 0)
    connection->fd = -1;
  g_ptr_array_remove_fast (self->connections, connection);
  if (descriptor >= 0)
    hand_in (self, descriptor, fd, line);
  return G_SOURCE_REMOVE;
}

static gboolean
on_deadline (gpointer user_data)
{
  Connection *connection = user_data;

  connection->deadline = 0;
  g_ptr_array_remove_fast (connection->intake->connections, connection);
  return G_SOURCE_REMOVE;
}

static void
add_connection (Intake *self, int fd)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->intake = self;
  connection->fd = fd;
  connection->watch = g_unix_fd_add (fd, G_IO_IN, on_message, connection);
  connection->deadline = g_timeout_add_seconds (MESSAGE_WITHIN_S, on_deadline, connection);
  g_ptr_array_add (self->connections, connection);
}

static gboolean
on_connection (int listener, GIOCondition condition, gpointer user_data)
{
  Intake *self = user_data;
  int fd = unix_socket_accept (listener, NULL);

  if (fd >= 0 && self->connections->len < MAX_CONNECTIONS)
    add_connection (self, fd);
  else if (fd >= 0)
    close (fd);
  return G_SOURCE_CONTINUE;
}

Intake *
intake_new (IntakeTaken taken, gpointer user_data, GError **error)
{
  int listener = unix_socket_listen (SOCKET, error);

  if (listener < 0)
    return NULL;
  Intake *self = g_new0 (Intake, 1);
  self->listener = listener;
  self->watch = g_unix_fd_add (listener, G_IO_IN, on_connection, self);
  self->connections = g_ptr_array_new_with_free_func (connection_free);
  self->taken = taken;
  self->user_data = user_data;
  return self;
}

void
intake_free (Intake *self)
{
  g_source_remove (self->watch);
  g_ptr_array_unref (self->connections);
  unlink (SOCKET);
  close (self->listener);
  g_free (self);
}
