/* One connection that carries a JSON object a line, in both directions (docs/worker-protocol.md, Connection).
 *
 * It bounds what a peer can cost: a line is at most LINES_MAX_LINE bytes, and a peer that does not read is dropped when
 * LINES_MAX_PENDING bytes wait for it. Nothing here blocks. All functions and callbacks belong to the thread of the
 * default main context. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define LINES_MAX_LINE (256 * 1024)
#define LINES_MAX_PENDING (1024 * 1024)

typedef struct _Lines Lines;

typedef struct
{
  /* One line: an object with a member `type`, which is a string. (transfer none) */
  void (*message) (Lines *lines, const char *type, JsonObject *message, gpointer user_data);
  /* The connection is over: the peer closed or broke it, was refused, or did not read. Comes at most once, from the
   * main loop and never out of a call to this file; nothing follows it. Not called for lines_free(). */
  void (*closed) (Lines *lines, const char *reason, gpointer user_data);
} LinesFuncs;

/* Takes over the connected stream socket `fd`, which becomes non-blocking: (transfer full). */
Lines *lines_new (int fd, const LinesFuncs *funcs, gpointer user_data);

/* Closes the connection, if it is still open, without a further callback. May be called inside a callback. */
void lines_free (Lines *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lines, lines_free)

/* Sends one object. What the socket does not take at once is kept and sent later. Without effect on a connection that
 * is over or was refused. */
void lines_send (Lines *self, JsonNode *message);

/* Answers {"type":"refused","reason":…} and closes: no further message comes, `closed` does. The same happens by itself
 * to a line that is too long or no object with a `type`. */
void lines_refuse (Lines *self, const char *reason);

G_END_DECLS
