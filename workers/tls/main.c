/* dslrs-tls: forks a process for each client that speaks TLS. The router sends it the sockets of one at a time, the
 * client's and one that the rest is said to in the clear; it knows neither RTSP nor media. It has the libraries loaded,
 * which takes far longer than a fork, and touches no byte of a client itself. It ends with the router, and the
 * processes of clients go on until either side ends. */

#include "session.h"

#include "pair.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_USAGE 2

/* A session needs some 5 MB and 10 descriptors, whatever the client does. */
#define MOST_DATA (128 * 1024 * 1024)
#define MOST_DESCRIPTORS 64

/* AddressSanitizer needs terabytes of address space, and LeakSanitizer looks into the process from outside. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED TRUE
#else
#define SANITIZED FALSE
#endif

typedef struct
{
  sigset_t usual; /* SIGCHLD comes; else it waits */
  guint sessions;
  gboolean told; /* that the certificate cannot be used */
} Nursery;

/* The memory of a session holds the private key. */
static void
confine (void)
{
  const struct rlimit none = { 0, 0 };
  const struct rlimit data = { MOST_DATA, MOST_DATA };
  const struct rlimit descriptors = { MOST_DESCRIPTORS, MOST_DESCRIPTORS };
  setrlimit (RLIMIT_CORE, &none);
  setrlimit (RLIMIT_NOFILE, &descriptors);
  if (!SANITIZED) {
    setrlimit (RLIMIT_DATA, &data);
    prctl (PR_SET_DUMPABLE, 0);
  }
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void
on_child (int number)
{
}

static void
reap (Nursery *self)
{
  int status;
  while (waitpid (-1, &status, WNOHANG) > 0) {
    self->sessions--;
    gboolean unusable = WIFEXITED (status) && WEXITSTATUS (status) == SESSION_NO_CERTIFICATE;
    if (unusable && !self->told)
      g_printerr ("dslrs-tls: no client can use TLS: certificate and key in " SESSION_CERTIFICATE " cannot be used\n");
    self->told = unusable;
  }
}

static void
begin (Nursery *self, const Pair *pair)
{
  pid_t child = self->sessions < pair->most ? fork () : -1;
  if (child == 0) {
    close (PAIR_SOCKET);
    sigprocmask (SIG_SETMASK, &self->usual, NULL);
    _exit (session_run (pair->client, pair->plain));
  }
  if (child > 0)
    self->sessions++;
  close (pair->client);
  close (pair->plain);
}

static void
block_child_signal (Nursery *self)
{
  const struct sigaction action = { .sa_handler = on_child };
  sigset_t child;
  sigemptyset (&child);
  sigaddset (&child, SIGCHLD);
  sigaction (SIGCHLD, &action, NULL);
  sigprocmask (SIG_BLOCK, &child, &self->usual);
  sigdelset (&self->usual, SIGCHLD);
}

int
main (void)
{
  Nursery self = { 0 };
  struct pollfd router = { .fd = PAIR_SOCKET, .events = POLLIN };
  confine ();
  session_prepare ();
  block_child_signal (&self);
  for (;;) {
    Pair pair;
    if (ppoll (&router, 1, NULL, &self.usual) < 0 && errno != EINTR)
      return EXIT_FAILURE;
    reap (&self);
    switch (pair_receive (PAIR_SOCKET, &pair)) {
    case PAIR_RECEIVED:
      begin (&self, &pair);
      break;
    case PAIR_NONE:
      break;
    case PAIR_OVER:
      return EXIT_SUCCESS;
    case PAIR_NO_SOCKET:
      g_printerr ("dslrs-tls: is started by dslrs-router\n");
      return EXIT_USAGE;
    }
  }
}
