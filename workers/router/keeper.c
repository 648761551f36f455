#include "keeper.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that dies is replaced at once. When it dies that often in that time, something lasting is wrong. */
#define RESTARTS 20
#define RESTARTS_WITHIN_US (10 * G_USEC_PER_SEC)
#define RESTART_DELAY_S 1

struct _Keeper
{
  Kept kept;
  int here, there;           /* the ends of the socket through which the child says what to keep */
  int signals;               /* signalfd of `order_or_child` */
  sigset_t order;            /* SIGTERM, SIGINT: the order to end */
  sigset_t order_or_child;   /* and SIGCHLD; all of them are blocked */
  gint64 restarts[RESTARTS]; /* a ring of monotonic times; 0: never */
  guint next_restart;
};

static _Noreturn void
run_child (Keeper *self, pid_t keeper, KeeperWork work, void *user_data)
{
  /* Without its keeper it would hold the port against the next router. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != keeper)
    _exit (EXIT_FAILURE);
  close (self->here);
  close (self->signals);
  sigprocmask (SIG_UNBLOCK, &self->order_or_child, NULL);
  exit (work (self, user_data));
}

/* The signal that came, or 0. */
static int
next_signal (const Keeper *self)
{
  struct signalfd_siginfo info;
  return read (self->signals, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

static void
tell_end (int status)
{
  if (WIFSIGNALED (status))
    g_printerr ("dslrs-router: the working process was killed by %s, a new one takes over\n",
                strsignal (WTERMSIG (status)));
  else
    g_printerr ("dslrs-router: the working process ended with %d, a new one takes over\n", WEXITSTATUS (status));
}

/* Waits until the child ended, and keeps what it says meanwhile. True when it is not to be replaced; then `code` is the
 * exit code. */
static bool
keep (Keeper *self, pid_t child, int *code)
{
  bool told = false;
  int status;
  while (waitpid (child, &status, WNOHANG) == 0) {
    struct pollfd news[] = { { .fd = self->signals, .events = POLLIN }, { .fd = self->here, .events = POLLIN } };
    poll (news, G_N_ELEMENTS (news), -1);
    kept_receive (self->here, &self->kept);
    int number = next_signal (self);
    if (number == SIGTERM || number == SIGINT) {
      told = true;
      kill (child, SIGTERM);
    }
  }
  kept_receive (self->here, &self->kept);
  bool never_began = WIFEXITED (status) && self->kept.count == 0;
  *code = never_began && !told ? WEXITSTATUS (status) : EXIT_SUCCESS;
  if (told || never_began || (WIFEXITED (status) && WEXITSTATUS (status) == 0))
    return true;
  tell_end (status);
  return false;
}

/* Notes a restart; true if there were too many lately. */
static bool
restarts_too_often (Keeper *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 *oldest = &self->restarts[self->next_restart];
  bool too_often = *oldest != 0 && now - *oldest < RESTARTS_WITHIN_US;
  *oldest = now;
  self->next_restart = (self->next_restart + 1) % RESTARTS;
  return too_often;
}

static bool
set_up (Keeper *self)
{
  signal (SIGCHLD, SIG_DFL);
  sigemptyset (&self->order);
  sigaddset (&self->order, SIGTERM);
  sigaddset (&self->order, SIGINT);
  self->order_or_child = self->order;
  sigaddset (&self->order_or_child, SIGCHLD);
  sigprocmask (SIG_BLOCK, &self->order_or_child, NULL);
  self->signals = signalfd (-1, &self->order_or_child, SFD_NONBLOCK | SFD_CLOEXEC);
  int ends[2];
  if (self->signals < 0 || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return false;
  self->here = ends[0];
  self->there = ends[1];
  return true;
}

int
keeper_run (KeeperWork work, void *user_data)
{
  Keeper self = { 0 };
  if (!set_up (&self)) {
    g_printerr ("dslrs-router: cannot keep sockets: %s\n", g_strerror (errno));
    return EXIT_FAILURE;
  }
  const struct timespec delay = { .tv_sec = RESTART_DELAY_S };
  pid_t keeper = getpid ();
  for (;;) {
    pid_t child = fork ();
    int code;
    if (child == 0)
      run_child (&self, keeper, work, user_data);
    if (child < 0)
      g_printerr ("dslrs-router: cannot start a process: %s\n", g_strerror (errno));
    else if (keep (&self, child, &code))
      return code;
    bool wait = restarts_too_often (&self) || child < 0;
    if (wait && sigtimedwait (&self.order, NULL, &delay) > 0)
      return EXIT_SUCCESS;
  }
}

const Kept *
keeper_get_kept (const Keeper *self)
{
  return &self->kept;
}

void
keeper_keep (Keeper *self, const Kept *set)
{
  if (!kept_send (self->there, set))
    g_printerr ("dslrs-router: a listening socket would not outlive this process: %s\n", g_strerror (errno));
}
