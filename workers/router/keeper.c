#include "keeper.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that dies is replaced at once. When it dies that often in that time, something lasting is wrong. */
#define RESTARTS 20
#define RESTARTS_WITHIN_US (10 * G_USEC_PER_SEC)
#define RESTART_DELAY_S 1

typedef struct
{
  sigset_t order;            /* SIGTERM, SIGINT: the order to end */
  sigset_t order_or_child;   /* and SIGCHLD; all of them are blocked */
  gint64 restarts[RESTARTS]; /* a ring of monotonic times; 0: never */
  guint next_restart;
} Keeper;

static _Noreturn void
run_child (pid_t keeper, const sigset_t *signals, KeeperWork work, void *user_data)
{
  /* Without its keeper it would hold the port against the next router. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != keeper)
    _exit (EXIT_FAILURE);
  sigprocmask (SIG_UNBLOCK, signals, NULL);
  exit (work (user_data));
}

/* Waits until the child ended. True when it is not to be replaced. */
static bool
keep (const Keeper *self, pid_t child)
{
  bool told = false;
  int status;
  while (waitpid (child, &status, WNOHANG) == 0) {
    int number = sigwaitinfo (&self->order_or_child, NULL);
    if (number == SIGTERM || number == SIGINT) {
      told = true;
      kill (child, SIGTERM);
    }
  }
  if (told || (WIFEXITED (status) && WEXITSTATUS (status) == 0))
    return true;
  if (WIFSIGNALED (status))
    g_printerr ("dslrs-router: the working process was killed by %s, a new one takes over\n",
                strsignal (WTERMSIG (status)));
  else
    g_printerr ("dslrs-router: the working process ended with %d, a new one takes over\n", WEXITSTATUS (status));
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

static void
block_signals (Keeper *self)
{
  signal (SIGCHLD, SIG_DFL);
  sigemptyset (&self->order);
  sigaddset (&self->order, SIGTERM);
  sigaddset (&self->order, SIGINT);
  self->order_or_child = self->order;
  sigaddset (&self->order_or_child, SIGCHLD);
  sigprocmask (SIG_BLOCK, &self->order_or_child, NULL);
}

int
keeper_run (KeeperWork work, void *user_data)
{
  Keeper self = { 0 };
  block_signals (&self);
  const struct timespec delay = { .tv_sec = RESTART_DELAY_S };
  pid_t keeper = getpid ();
  for (;;) {
    pid_t child = fork ();
    if (child == 0)
      run_child (keeper, &self.order_or_child, work, user_data);
    if (child < 0)
      g_printerr ("dslrs-router: cannot start a process: %s\n", g_strerror (errno));
    else if (keep (&self, child))
      return EXIT_SUCCESS;
    bool wait = restarts_too_often (&self) || child < 0;
    if (wait && sigtimedwait (&self.order, NULL, &delay) > 0)
      return EXIT_SUCCESS;
  }
}
