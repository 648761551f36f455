/* dslrs-shim: starts one command under its limits, waits for it, and writes down how it ended, so that the cause of a
 * death is known even to a supervisor that was not there. One runs beside every worker, hence plain C and no library.
 */

#include "command.h"
#include "options.h"
#include "orphans.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum
{
  EXIT_USAGE = 2,
  EXIT_SHIM_FAILED = 125
};

/* A killed process leaves its cgroup a moment after its death was reported. */
#define CGROUP_REMOVE_TRIES 50
#define CGROUP_REMOVE_PAUSE_NS (10 * 1000 * 1000)

/* The log may be truncated by its reader at any time (copytruncate), so it must be appended to. */
static bool
redirect_to_log (void)
{
  int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  int log = open ("worker.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool done = null >= 0 && log >= 0 && dup2 (null, STDIN_FILENO) >= 0 && dup2 (log, STDOUT_FILENO) >= 0
              && dup2 (log, STDERR_FILENO) >= 0;
  if (done)
    close_range (STDERR_FILENO + 1, ~0U, 0);
  return done;
}

static bool
enter_bundle (const char *bundle)
{
  if (chdir (bundle) < 0 || !redirect_to_log ()) {
    fprintf (stderr, "dslrs-shim: cannot use the bundle %s: %s\n", bundle, strerror (errno));
    return false;
  }
  /* Fails only for a leader of a process group, which is apart from its starter as well. */
  setsid ();
  return true;
}

/* The signals that wait_for() takes. They stay blocked, so none is lost before it runs. */
static sigset_t
block_signals (void)
{
  /* An inherited SIG_IGN would let the kernel throw the exit status away. */
  signal (SIGCHLD, SIG_DFL);
  signal (SIGHUP, SIG_IGN);
  sigset_t signals;
  sigemptyset (&signals);
  sigaddset (&signals, SIGCHLD);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  sigprocmask (SIG_BLOCK, &signals, NULL);
  return signals;
}

static bool
has_ended (pid_t worker)
{
  siginfo_t info = { 0 };
  return waitid (P_PID, (id_t)worker, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == worker;
}

/* Passes signals on until the worker has ended; returns its status. */
static int
wait_for (pid_t worker, const sigset_t *signals)
{
  while (!has_ended (worker)) {
    int number = sigwaitinfo (signals, NULL);
    if (number == SIGTERM || number == SIGINT)
      kill (worker, number);
    orphans_reap (worker);
  }
  /* While the worker is not reaped its number names no other group. */
  kill (-worker, SIGKILL);
  int status = 0;
  while (waitpid (worker, &status, 0) < 0 && errno == EINTR)
    ;
  return status;
}

static void
remove_cgroup (const char *procs)
{
  char directory[4096];
  const char *slash = strrchr (procs, '/');
  if (slash == NULL || (size_t)(slash - procs) >= sizeof directory)
    return;
  memcpy (directory, procs, (size_t)(slash - procs));
  directory[slash - procs] = '\0';

  for (int try = 0; try < CGROUP_REMOVE_TRIES && rmdir (directory) < 0 && errno == EBUSY; try++) {
    struct timespec pause = { .tv_nsec = CGROUP_REMOVE_PAUSE_NS };
    nanosleep (&pause, NULL);
  }
}

int
main (int argc, char **argv)
{
  Options options;
  if (!options_parse (&options, argc, argv))
    return EXIT_USAGE;
  if (!enter_bundle (options.bundle))
    return EXIT_SHIM_FAILED;
  record_clear ();
  sigset_t signals = block_signals ();
  orphans_take ();

  RecordExit ended = { .started_at = record_now () };
  uint64_t oom_kills_before = record_oom_kills (options.oom_file);
  bool running = false;
  ended.pid = command_start (&options, &running);
  if (ended.pid < 0) {
    fprintf (stderr, "dslrs-shim: cannot start a process: %s\n", strerror (errno));
    return EXIT_SHIM_FAILED;
  }
  if (running && !record_process (ended.pid))
    fprintf (stderr, "dslrs-shim: cannot write process.json: %s\n", strerror (errno));

  ended.status = wait_for (ended.pid, &signals);
  ended.ended_at = record_now ();
  ended.oom_kills = record_oom_kills (options.oom_file) - oom_kills_before;
  if (!record_exit (&ended))
    fprintf (stderr, "dslrs-shim: cannot write exit.json: %s\n", strerror (errno));
  orphans_end ();
  for (unsigned int i = 0; i < options.n_cgroups; i++)
    remove_cgroup (options.cgroup_procs[i]);
  return WIFEXITED (ended.status) ? WEXITSTATUS (ended.status) : 128 + WTERMSIG (ended.status);
}
