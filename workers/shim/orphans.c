#include "orphans.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

/* A process that the kernel holds back (a disk that hangs, say) is not waited for. */
#define END_TRIES 100
#define END_PAUSE_NS (10 * 1000 * 1000)

void
orphans_take (void)
{
  prctl (PR_SET_CHILD_SUBREAPER, 1);
}

void
orphans_reap (pid_t command)
{
  for (;;) {
    siginfo_t info = { 0 };
    if (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 || info.si_pid == command)
      return;
    waitpid (info.si_pid, NULL, 0);
  }
}

static void
kill_children (void)
{
  FILE *file = fopen ("/proc/thread-self/children", "re");
  int pid;
  if (file == NULL)
    return;
  while (fscanf (file, "%d", &pid) == 1)
    kill (pid, SIGKILL);
  fclose (file);
}

void
orphans_end (void)
{
  for (int try = 0; try < END_TRIES; try++) {
    /* The children of one that is killed come here, so that there may be new ones each time. */
    kill_children ();
    pid_t ended;
    do
      ended = waitpid (-1, NULL, WNOHANG);
    while (ended > 0);
    if (ended < 0)
      return;
    struct timespec pause = { .tv_nsec = END_PAUSE_NS };
    nanosleep (&pause, NULL);
  }
}
