#include "lines.h"

#include "one_object.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (16 * 1024)
/* How long a refused peer has to read why. */
#define FAREWELL_MS 1000

struct _Lines
{
  guint references; /* the owner's, and one while callbacks run */
  int fd;           /* -1 when the connection is over */
  const LinesFuncs *funcs;
  gpointer user_data;

  GByteArray *incoming; /* the beginning of a line */
  GByteArray *outgoing; /* what the socket did not take yet */
  guint readable;       /* source ids; 0: none */
  guint writable;
  guint farewell;
  guint ending;

  gboolean refused; /* what the peer sends now is thrown away */
  char *reason;     /* why the connection is over or will be */
};

static void
clear_source (guint *id)
{
  if (*id != 0)
    g_source_remove (*id);
  *id = 0;
}

static void
shut (Lines *self)
{
  clear_source (&self->readable);
  clear_source (&self->writable);
  clear_source (&self->farewell);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

static void
unref (Lines *self)
{
  if (--self->references > 0)
    return;
  g_byte_array_unref (self->incoming);
  g_byte_array_unref (self->outgoing);
  g_free (self->reason);
  g_free (self);
}

static gboolean
tell_closed (gpointer data)
{
  Lines *self = data;
  self->ending = 0;
  self->references++;
  self->funcs->closed (self, self->reason, self->user_data);
  unref (self);
  return G_SOURCE_REMOVE;
}

/* Closes at once; the owner hears of it from the main loop. The first reason counts. */
static void
end (Lines *self, const char *reason)
{
  if (self->fd < 0)
    return;
  shut (self);
  if (self->reason == NULL)
    self->reason = g_strdup (reason);
  self->ending = g_idle_add_full (G_PRIORITY_DEFAULT, tell_closed, self, NULL);
}

static gboolean
on_farewell (gpointer data)
{
  Lines *self = data;
  self->farewell = 0;
  end (self, "refused");
  return G_SOURCE_REMOVE;
}

/* The last line is out: the peer sees the end of the stream. What it still sends is read and thrown away until it
 * closes too, because a close with unread bytes looks like a broken connection to the peer. */
static void
finish_sending (Lines *self)
{
  shutdown (self->fd, SHUT_WR);
}

static gboolean on_writable (int fd, GIOCondition condition, gpointer data);

/* Writes what is pending. Nothing is left to send, or `writable` waits for the socket, or the connection is over. */
static void
flush (Lines *self)
{
  guint sent = 0;
  while (sent < self->outgoing->len) {
    ssize_t length = send (self->fd, self->outgoing->data + sent, self->outgoing->len - sent, MSG_NOSIGNAL);
    if (length < 0 && errno == EINTR)
      continue;
    if (length < 0 && errno == EAGAIN)
      break;
    if (length < 0) {
      end (self, g_strerror (errno));
      return;
    }
    sent += length;
  }
  if (sent > 0)
    g_byte_array_remove_range (self->outgoing, 0, sent);

  if (self->outgoing->len == 0) {
    clear_source (&self->writable);
    if (self->refused)
      finish_sending (self);
  } else if (self->writable == 0) {
    self->writable = g_unix_fd_add (self->fd, G_IO_OUT, on_writable, self);
  }
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer data)
{
  Lines *self = data;
  flush (self);
  return G_SOURCE_CONTINUE; /* flush() removed the source if it is not needed */
}

void
lines_send (Lines *self, JsonNode *message)
{
  if (self->fd < 0 || self->refused)
    return;
  g_autofree char *text = json_to_string (message, FALSE);
  gsize length = strlen (text);
  if (self->outgoing->len + length + 1 > LINES_MAX_PENDING) {
    end (self, "the peer does not read");
    return;
  }
  g_byte_array_append (self->outgoing, (const guint8 *)text, length);
  g_byte_array_append (self->outgoing, (const guint8 *)"\n", 1);
  if (self->writable == 0)
    flush (self);
}

void
lines_refuse (Lines *self, const char *reason)
{
  if (self->fd < 0 || self->refused)
    return;
  g_autoptr (JsonNode) answer = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  json_object_set_string_member (object, "type", "refused");
  json_object_set_string_member (object, "reason", reason);
  json_node_take_object (answer, object);

  self->reason = g_strdup_printf ("refused: %s", reason);
  self->farewell = g_timeout_add (FAREWELL_MS, on_farewell, self);
  lines_send (self, answer);
  self->refused = TRUE;
  g_byte_array_set_size (self->incoming, 0);
  if (self->fd >= 0 && self->outgoing->len == 0)
    finish_sending (self);
}

static void
take_line (Lines *self, const char *line, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  if (!one_object_check (line, length) || !json_parser_load_from_data (parser, line, length, &error)
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
    lines_refuse (self, "a line is not a JSON object");
    return;
  }
  JsonObject *object = json_node_get_object (json_parser_get_root (parser));
  JsonNode *type = json_object_get_member (object, "type");
  if (type == NULL || json_node_get_value_type (type) != G_TYPE_STRING) {
    lines_refuse (self, "a line has no type");
    return;
  }
  self->funcs->message (self, json_node_get_string (type), object, self->user_data);
}

/* Takes the whole lines out of what was read. A callback may refuse or free the connection meanwhile. */
static void
take_lines (Lines *self, const guint8 *data, gsize length)
{
  while (length > 0 && self->fd >= 0 && !self->refused) {
    const guint8 *newline = memchr (data, '\n', length);
    gsize part = newline != NULL ? (gsize)(newline - data) : length;
    if (self->incoming->len + part > LINES_MAX_LINE) {
      lines_refuse (self, "a line is too long");
      return;
    }
    g_byte_array_append (self->incoming, data, part);
    if (newline == NULL)
      return;
    g_autoptr (GByteArray) line = g_steal_pointer (&self->incoming);
    self->incoming = g_byte_array_new ();
    take_line (self, (const char *)line->data, line->len);
    data += part + 1;
    length -= part + 1;
  }
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  Lines *self = data;
  guint8 bytes[READ_SIZE];
  ssize_t length = recv (fd, bytes, sizeof bytes, 0);
  if (length < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (length <= 0) {
    end (self, length == 0 ? "the peer closed" : g_strerror (errno));
    return G_SOURCE_REMOVE;
  }
  self->references++;
  take_lines (self, bytes, length);
  unref (self);
  return G_SOURCE_CONTINUE;
}

Lines *
lines_new (int fd, const LinesFuncs *funcs, gpointer user_data)
{
  Lines *self = g_new0 (Lines, 1);
  self->references = 1;
  self->fd = fd;
  self->funcs = funcs;
  self->user_data = user_data;
  self->incoming = g_byte_array_new ();
  self->outgoing = g_byte_array_new ();
  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  self->readable = g_unix_fd_add (fd, G_IO_IN, on_readable, self);
  return self;
}

void
lines_free (Lines *self)
{
  shut (self);
  clear_source (&self->ending);
  unref (self);
}
