/* One RTSP session over TCP, from connect to the end. Never blocks: whoever owns it polls session_fd() and calls
 * session_read() and session_write(). */
#pragma once

#include "rtp-count.h"

G_BEGIN_DECLS

typedef enum
{
  SESSION_CONNECTING,
  SESSION_ASKING, /* a request is on its way */
  SESSION_PLAYING,
  SESSION_LEAVING, /* TEARDOWN is on its way */
  SESSION_DONE,    /* TEARDOWN, or the only request, was answered */
  SESSION_OVER     /* by the other side, or because it was refused */
} SessionState;

typedef struct
{
  char *url;            /* rtsp://<IPv4 address>:<port>/<path> */
  gboolean knocks;      /* OPTIONS is all it asks; it plays nothing */
  guint receive_buffer; /* of the socket, with segments as of an Ethernet; 0: what the system gives */
} SessionPlan;

typedef struct _Session Session;

/* `video` counts over many sessions: both must live longer than it. */
Session *session_new (const SessionPlan *plan, RtpCount *video, gint64 now_us);
/* Closes the connection without a word. */
void session_free (Session *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Session, session_free)

int session_fd (const Session *self);
SessionState session_state (const Session *self);
/* The last status that was no success; 0 if there was none. */
guint session_status (const Session *self);
gint64 session_began_us (const Session *self);

/* The socket can be written to: it is connected. */
void session_write (Session *self);
/* Takes at most `limit` bytes. */
void session_read (Session *self, gsize limit, gint64 now_us);
void session_keep_alive (Session *self);
/* TEARDOWN: it is SESSION_DONE when that was answered. */
void session_leave (Session *self);

G_END_DECLS
