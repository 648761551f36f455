#include "handover.h"

#include "fdpass.h"
#include "unix_socket.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long after a connection that found the worker's backlog full the next one is tried. */
#define RETRY_MS 5

struct _Handover
{
  int client;
  int worker; /* -1: not connected */
  char *bundle;
  char *line;
  HandoverDone done;
  gpointer user_data;
  guint attempt; /* source ids; 0: none */
  guint answer;
  guint deadline;
};

static void
clear_source (guint *id)
{
  if (*id != 0)
    g_source_remove (*id);
  *id = 0;
}

static void
finish (Handover *self, gboolean taken)
{
  clear_source (&self->attempt);
  clear_source (&self->answer);
  clear_source (&self->deadline);
  self->done (taken, self->user_data);
}

static gboolean
on_deadline (gpointer data)
{
  Handover *self = data;
  self->deadline = 0;
  finish (self, FALSE);
  return G_SOURCE_REMOVE;
}

/* The worker says so when it has taken the descriptor, or closes. One that dies with the descriptor unread gives a
 * reset. */
static gboolean
on_answer (int fd, GIOCondition condition, gpointer data)
{
  Handover *self = data;
  char byte;
  ssize_t length = recv (fd, &byte, 1, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  self->answer = 0;
  if (length == 0) {
    close (self->worker);
    self->worker = -1;
  }
  finish (self, length >= 0);
  return G_SOURCE_REMOVE;
}

static gboolean
on_attempt (gpointer data)
{
  Handover *self = data;
  g_autoptr (GError) error = NULL;
  self->attempt = 0;
  self->worker = unix_socket_connect (self->bundle, "rtsp.sock", &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    self->attempt = g_timeout_add (RETRY_MS, on_attempt, self);
  else if (self->worker < 0 || !fdpass_send (self->worker, self->client, self->line, &error))
    finish (self, FALSE);
  else
    self->answer = g_unix_fd_add (self->worker, G_IO_IN, on_answer, self);
  return G_SOURCE_REMOVE;
}

Handover *
handover_start (int fd, const char *bundle, const char *line, HandoverDone done, gpointer user_data)
{
  Handover *self = g_new0 (Handover, 1);
  self->client = fd;
  self->worker = -1;
  self->bundle = g_strdup (bundle);
  self->line = g_strdup (line);
  self->done = done;
  self->user_data = user_data;
  self->attempt = g_idle_add_full (G_PRIORITY_DEFAULT, on_attempt, self, NULL);
  self->deadline = g_timeout_add (HANDOVER_WITHIN_MS, on_deadline, self);
  return self;
}

int
handover_steal_connection (Handover *self)
{
  int connection = self->worker;
  self->worker = -1;
  return connection;
}

void
handover_free (Handover *self)
{
  clear_source (&self->attempt);
  clear_source (&self->answer);
  clear_source (&self->deadline);
  if (self->worker >= 0)
    close (self->worker);
  g_free (self->bundle);
  g_free (self->line);
  g_free (self);
}
