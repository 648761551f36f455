#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What dslrs-tls finds where (workers/tls/main.c). */
#define CLIENT_FD 3
#define PLAIN_FD 4
/* Above any of those. */
#define SPARE_FD 16
/* Of what lies between a worker and the process: a viewer that is too slow must be noticed by the worker. */
#define BETWEEN_BYTES (64 * 1024)
/* Strangers that may connect to a port of the loopback before ours. */
#define MOST_STRANGERS 16
#define CERTIFICATE_UNUSABLE 3

struct _Tls
{
  char *program;
  GHashTable *processes; /* source id of its watch, a set */
  gboolean told;         /* that the certificate cannot be used */
};

Tls *
tls_new (const char *program)
{
  Tls *self = g_new0 (Tls, 1);
  self->program = g_strdup (program);
  self->processes = g_hash_table_new (NULL, NULL);
  return self;
}

void
tls_free (Tls *self)
{
  GHashTableIter iter;
  gpointer id;
  g_hash_table_iter_init (&iter, self->processes);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_source_remove (GPOINTER_TO_UINT (id));
  g_hash_table_unref (self->processes);
  g_free (self->program);
  g_free (self);
}

guint
tls_count (const Tls *self)
{
  return g_hash_table_size (self->processes);
}

static void
on_ended (GPid pid, int status, gpointer data)
{
  Tls *self = data;
  g_hash_table_remove (self->processes, GUINT_TO_POINTER (g_source_get_id (g_main_current_source ())));
  gboolean unusable = WIFEXITED (status) && WEXITSTATUS (status) == CERTIFICATE_UNUSABLE;
  if (unusable && !self->told)
    g_printerr ("dslrs-router: no client can use TLS: the certificate and key in tls.pem cannot be used\n");
  if (WIFEXITED (status))
    self->told = unusable;
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
spawn (const char *program, int client, int plain, pid_t *pid)
{
  char *argv[] = { (char *)program, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int spare_client = fcntl (client, F_DUPFD_CLOEXEC, SPARE_FD), spare_plain = fcntl (plain, F_DUPFD_CLOEXEC, SPARE_FD);
  posix_spawn_file_actions_init (&actions);
  posix_spawnattr_init (&attributes);
  posix_spawn_file_actions_adddup2 (&actions, spare_client, CLIENT_FD);
  posix_spawn_file_actions_adddup2 (&actions, spare_plain, PLAIN_FD);
  /* A session of its own: the end of the router is not the end of those who play. */
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSID);
  int code
      = spare_client < 0 || spare_plain < 0 ? EMFILE : posix_spawn (pid, program, &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  if (spare_client >= 0)
    close (spare_client);
  if (spare_plain >= 0)
    close (spare_plain);
  return code;
}

int
tls_start (Tls *self, int client)
{
  int ends[2];
  pid_t pid;
  int code = connect_ends (ends) ? spawn (self->program, client, ends[1], &pid) : errno;
  close (client);
  if (ends[0] >= 0)
    close (ends[1]);
  if (code != 0 && ends[0] >= 0)
    close (ends[0]);
  errno = code;
  if (code != 0)
    return -1;
  g_hash_table_add (self->processes, GUINT_TO_POINTER (g_child_watch_add (pid, on_ended, self)));
  return ends[0];
}
