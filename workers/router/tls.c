#include "tls.h"

#include "pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of what lies between a worker and a session: a viewer that is too slow must be noticed by the worker. */
#define BETWEEN_BYTES (64 * 1024)
/* Strangers that may connect to a port of the loopback before ours. */
#define MOST_STRANGERS 16
/* Sessions that end, or were given up, beside those that count. */
#define MOST_OTHERS 128

struct _Tls
{
  char *program;
  int nursery; /* the socket of the running dslrs-tls; -1: none runs */
  guint watch; /* source id: of its end */
};

Tls *
tls_new (const char *program)
{
  Tls *self = g_new0 (Tls, 1);
  self->program = g_strdup (program);
  self->nursery = -1;
  return self;
}

/* It ends when it has lost its socket. */
static void
let_go (Tls *self)
{
  if (self->nursery >= 0)
    close (self->nursery);
  self->nursery = -1;
}

void
tls_free (Tls *self)
{
  if (self->watch != 0)
    g_source_remove (self->watch);
  let_go (self);
  g_free (self->program);
  g_free (self);
}

static void
on_ended (GPid pid, int status, gpointer data)
{
  Tls *self = data;
  self->watch = 0;
  let_go (self);
  g_printerr ("dslrs-router: dslrs-tls ended, the next client of TLS starts another\n");
}

static gboolean
are_ends (int one, int other)
{
  struct sockaddr_in near, far;
  socklen_t length = sizeof near;
  if (getsockname (one, (struct sockaddr *)&near, &length) < 0)
    return FALSE;
  length = sizeof far;
  return getpeername (other, (struct sockaddr *)&far, &length) == 0 && near.sin_port == far.sin_port
         && near.sin_addr.s_addr == far.sin_addr.s_addr;
}

static int
accept_end (int listener, int other)
{
  for (guint i = 0; i < MOST_STRANGERS; i++) {
    int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || are_ends (other, fd))
      return fd;
    close (fd);
  }
  return -1;
}

/* Two ends of a TCP connection within this machine: gst-rtsp-server asks its sockets for internet addresses, which a
 * socketpair() has not. `ends[0]` is for the worker. */
static gboolean
connect_ends (int ends[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl (INADDR_LOOPBACK) } };
  socklen_t length = sizeof address;
  const int bytes = BETWEEN_BYTES, on = 1;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ends[0] = -1;
  ends[1] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener >= 0 && ends[1] >= 0 && setsockopt (listener, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0
      && setsockopt (ends[1], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0
      && setsockopt (ends[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0
      && bind (listener, (struct sockaddr *)&address, length) == 0 && listen (listener, MOST_STRANGERS) == 0
      && getsockname (listener, (struct sockaddr *)&address, &length) == 0
      /* Within one machine this is done at once. */
      && connect (ends[1], (struct sockaddr *)&address, length) == 0)
    ends[0] = accept_end (listener, ends[1]);
  int code = errno;
  if (listener >= 0)
    close (listener);
  if (ends[0] < 0 && ends[1] >= 0)
    close (ends[1]);
  errno = code;
  return ends[0] >= 0;
}

/* Returns 0 or an error number. */
static int
spawn (const char *program, int socket, pid_t *pid)
{
  char *argv[] = { (char *)program, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init (&actions);
  posix_spawnattr_init (&attributes);
  posix_spawn_file_actions_adddup2 (&actions, socket, PAIR_SOCKET);
  /* A session of its own: the end of the router is not the end of those who play. */
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSID);
  int code = posix_spawn (pid, program, &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  return code;
}

gboolean
tls_prepare (Tls *self)
{
  int ends[2];
  pid_t pid;
  if (self->nursery >= 0)
    return TRUE;
  if (self->watch != 0 || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return FALSE;
  int code = spawn (self->program, ends[1], &pid);
  close (ends[1]);
  if (code != 0) {
    close (ends[0]);
    errno = code;
    return FALSE;
  }
  self->nursery = ends[0];
  self->watch = g_child_watch_add (pid, on_ended, self);
  return TRUE;
}

int
tls_start (Tls *self, int client, guint most)
{
  int ends[2];
  if (!tls_prepare (self) || !connect_ends (ends)) {
    close (client);
    return -1;
  }
  const Pair pair = { .client = client, .plain = ends[1], .most = most + MOST_OTHERS };
  gboolean sent = pair_send (self->nursery, &pair);
  int code = errno;
  close (client);
  close (ends[1]);
  if (sent)
    return ends[0];
  close (ends[0]);
  errno = code;
  return -1;
}
