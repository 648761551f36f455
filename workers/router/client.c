#include "client.h"

#include "answer.h"
#include "handover.h"
#include "reason_file.h"
#include "request.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct _Client
{
  int fd;
  ClientAddress address;
  guint64 number;
  ClientContext *context;
  ClientEnded ended;
  gpointer user_data;

  guint readable; /* source ids; 0: none */
  guint deadline;
  guint options;      /* answered so far */
  Handover *handover; /* while it runs */
  char *bundle;       /* the same: to which */
  Guest *guest;       /* the same */
  Request request;    /* the one that is being routed */
};

static void
clear_source (guint *id)
{
  if (*id != 0)
    g_source_remove (*id);
  *id = 0;
}

/* Nothing may touch `self` after this. */
static void
end (Client *self, ClientEnd how)
{
  self->ended (self, how, self->user_data);
}

static gboolean
on_deadline (gpointer data)
{
  Client *self = data;
  self->deadline = 0;
  end (self, CLIENT_REFUSED);
  return G_SOURCE_REMOVE;
}

static void
restart_deadline (Client *self, guint within_ms)
{
  clear_source (&self->deadline);
  self->deadline = g_timeout_add (within_ms, on_deadline, self);
}

/* The socket counts as readable from so many unread bytes on. Unread bytes that were already looked at must not wake
 * the main loop again and again. The setting travels with the socket, so it must be 1 again before the socket is handed
 * over. */
static void
wake_at (Client *self, int bytes)
{
  setsockopt (self->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

static gboolean
on_leftover (int fd, GIOCondition condition, gpointer data)
{
  char bytes[4096];
  ssize_t length = recv (fd, bytes, sizeof bytes, 0);
  if (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR)))
    return G_SOURCE_CONTINUE;
  end (data, CLIENT_REFUSED);
  return G_SOURCE_CONTINUE; /* the source went with the client */
}

/* Answers, and reads away what the client still sends until it closes: a close with unread bytes would be a reset,
 * which can overtake the answer. */
static void
refuse (Client *self, AnswerStatus status, const char *sentence)
{
  g_autofree char *text = answer_refusal (&self->request, status, sentence);
  clear_source (&self->readable);
  if (send (self->fd, text, strlen (text), MSG_NOSIGNAL) < 0 || shutdown (self->fd, SHUT_WR) < 0) {
    end (self, CLIENT_REFUSED);
    return;
  }
  wake_at (self, 1);
  restart_deadline (self, CLIENT_FAREWELL_MS);
  self->readable = g_unix_fd_add (self->fd, G_IO_IN, on_leftover, self);
}

/* The second connection of a tunnel belongs to the viewer of the first. */
static gboolean
is_viewer (const Request *request)
{
  return strcmp (request->method, "POST") != 0;
}

/* The worker is not there, or took nothing. */
static void
refuse_without_worker (Client *self, const char *bundle)
{
  g_autofree char *reason = reason_file_read (bundle);

  refuse (self, ANSWER_UNAVAILABLE, reason != NULL ? reason : "The stream is being restarted.");
}

static void
on_handover_done (gboolean taken, gpointer data)
{
  Client *self = data;
  g_autofree char *bundle = g_steal_pointer (&self->bundle);
  int connection = taken ? handover_steal_connection (self->handover) : -1;
  g_clear_pointer (&self->handover, handover_free);
  if (connection >= 0)
    guests_settle (self->context->guests, self->guest, connection);
  else
    guests_remove (self->context->guests, self->guest);
  self->guest = NULL;
  if (taken)
    end (self, CLIENT_HANDED_OVER);
  else
    refuse_without_worker (self, bundle);
}

static void
hand_over (Client *self, const char *bundle)
{
  const ClientAddress *address = &self->address;
  g_autofree char *line = g_strdup_printf ("{\"address\":\"%s\",\"port\":%u%s}", address->text, address->port,
                                           address->tls ? ",\"tls\":true" : "");
  clear_source (&self->readable);
  clear_source (&self->deadline);
  wake_at (self, 1);
  self->guest = guests_add (self->context->guests, address->text, is_viewer (&self->request));
  self->bundle = g_strdup (bundle);
  self->handover = handover_start (self->fd, bundle, line, on_handover_done, self);
}

/* Hands over where the limits leave room for one more. */
static void
let_in (Client *self, const char *bundle)
{
  const ClientContext *context = self->context;
  const SpecLimits *limits = &routes_get_spec (context->routes)->limits;
  switch (guests_room (context->guests, limits, self->address.text, is_viewer (&self->request))) {
  case GUESTS_ROOM:
    hand_over (self, bundle);
    break;
  case GUESTS_TOO_MANY:
    refuse (self, ANSWER_UNAVAILABLE, "Too many connections are open.");
    break;
  case GUESTS_TOO_MANY_FROM_ADDRESS:
    refuse (self, ANSWER_UNAVAILABLE, "Too many connections from this address are open.");
    break;
  case GUESTS_TOO_MANY_VIEWERS:
    refuse (self, ANSWER_NOT_ENOUGH_BANDWIDTH, "There are as many viewers as rtsp.maxViewers allows.");
    break;
  }
}

/* OPTIONS that names no mount is nobody else's. The connection goes on with the next request. */
static void
answer_own_options (Client *self)
{
  if (self->request.has_body || ++self->options > CLIENT_MAX_OPTIONS) {
    refuse (self, ANSWER_BAD_REQUEST, "This request is not expected.");
    return;
  }
  char head[REQUEST_MAX_HEAD];
  g_autofree char *text = answer_options (&self->request);
  if (recv (self->fd, head, self->request.head_length, 0) != (ssize_t)self->request.head_length
      || send (self->fd, text, strlen (text), MSG_NOSIGNAL) < 0) {
    end (self, CLIENT_REFUSED);
    return;
  }
  wake_at (self, 1);
  restart_deadline (self, CLIENT_HEAD_WITHIN_MS);
}

/* `away` as of routes_find(). (transfer full) */
static char *
find_bundle (Client *self, const char **away)
{
  const Request *request = &self->request;
  Routes *routes = self->context->routes;
  const char *bundle = NULL;
  *away = NULL;
  if (strcmp (request->method, "POST") == 0)
    bundle = routes_recall (routes, request->cookie);
  if (bundle == NULL && !request->any_path)
    bundle = routes_find (routes, request->path, away);
  if (bundle != NULL && strcmp (request->method, "GET") == 0)
    routes_remember (routes, request->cookie, bundle);
  return g_strdup (bundle);
}

static void
route (Client *self)
{
  const Request *request = &self->request;
  if (request->protocol == REQUEST_HTTP && request->cookie[0] == '\0') {
    refuse (self, ANSWER_BAD_REQUEST, "This port speaks RTSP.");
    return;
  }
  const char *away;
  g_autofree char *bundle = find_bundle (self, &away);
  gboolean names_no_mount = request->any_path || strcmp (request->path, "/") == 0;
  if (bundle != NULL)
    let_in (self, bundle);
  else if (names_no_mount && strcmp (request->method, "OPTIONS") == 0)
    answer_own_options (self);
  else
    refuse (self, ANSWER_NOT_FOUND, away != NULL ? away : "There is no stream of this name.");
}

static gboolean
has_hung_up (Client *self)
{
  struct pollfd state = { .fd = self->fd, .events = POLLRDHUP };
  return poll (&state, 1, 0) == 1;
}

static void
look (Client *self)
{
  char head[REQUEST_MAX_HEAD];
  ssize_t length = recv (self->fd, head, sizeof head, MSG_PEEK);
  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  RequestResult result = length > 0 ? request_parse (head, length, &self->request) : REQUEST_GARBAGE;
  switch (result) {
  case REQUEST_OK:
    route (self);
    break;
  case REQUEST_MALFORMED:
    refuse (self, ANSWER_BAD_REQUEST, self->request.reason);
    break;
  case REQUEST_GARBAGE:
    end (self, CLIENT_REFUSED);
    break;
  case REQUEST_INCOMPLETE:
    if (has_hung_up (self))
      end (self, CLIENT_REFUSED);
    else
      wake_at (self, length + 1);
    break;
  }
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  look (data);
  return G_SOURCE_CONTINUE; /* look() removed the source if it is not needed */
}

Client *
client_new (int fd, const ClientAddress *address, ClientContext *context, ClientEnded ended, gpointer user_data)
{
  Client *self = g_new0 (Client, 1);
  self->fd = fd;
  self->address = *address;
  self->context = context;
  self->number = context->clients++;
  self->ended = ended;
  self->user_data = user_data;
  return self;
}

void
client_start (Client *self)
{
  restart_deadline (self, CLIENT_HEAD_WITHIN_MS);
  self->readable = g_unix_fd_add (self->fd, G_IO_IN, on_readable, self);
  look (self);
}

void
client_free (Client *self)
{
  clear_source (&self->readable);
  clear_source (&self->deadline);
  g_clear_pointer (&self->handover, handover_free);
  g_free (self->bundle);
  if (self->guest != NULL)
    guests_remove (self->context->guests, self->guest);
  close (self->fd);
  g_free (self);
}

const ClientAddress *
client_get_address (const Client *self)
{
  return &self->address;
}

guint64
client_get_number (const Client *self)
{
  return self->number;
}

gboolean
client_is_half_open (const Client *self)
{
  return self->handover == NULL;
}
