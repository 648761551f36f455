#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Written by a child that could not execute the command; an executed one closes the pipe without a word. */
#define NOT_RUNNING "!"

static bool
complain (const char *what, const char *name)
{
  fprintf (stderr, "dslrs-shim: %s %s: %s\n", what, name, strerror (errno));
  return false;
}

static bool
join_cgroup (const char *procs)
{
  int fd = open (procs, O_WRONLY | O_CLOEXEC);
  /* 0 is the writer itself, in every pid namespace. */
  bool joined = fd >= 0 && write (fd, "0", 1) == 1;
  if (!joined)
    complain ("cannot join the cgroup of", procs);
  if (fd >= 0)
    close (fd);
  return joined;
}

/* Passwords of cameras are in the memory of workers. No file is as small as one byte, so none is written; and unlike 0
 * this also keeps the kernel from piping the core to a program (/proc/sys/kernel/core_pattern). */
static bool
forbid_core (void)
{
  struct rlimit core = { .rlim_cur = 1, .rlim_max = 1 };
  struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };
  return setrlimit (RLIMIT_CORE, &core) == 0 || setrlimit (RLIMIT_CORE, &none) == 0;
}

static bool
apply_limits (const Options *options)
{
  if (!forbid_core ())
    return complain ("cannot forbid core files of", options->command[0]);
  for (unsigned int i = 0; i < options->n_cgroups; i++) {
    if (!join_cgroup (options->cgroup_procs[i]))
      return false;
  }
  struct rlimit data = { .rlim_cur = options->data_limit, .rlim_max = options->data_limit };
  if (options->limits_data && setrlimit (RLIMIT_DATA, &data) < 0)
    return complain ("cannot limit the data of", options->command[0]);
  if (options->nice != 0 && setpriority (PRIO_PROCESS, 0, options->nice) < 0)
    return complain ("cannot set the priority of", options->command[0]);
  return true;
}

/* What the shim did with its signals, or was started with, is not the command's business. */
static void
reset_signals (void)
{
  for (int number = 1; number < NSIG; number++)
    signal (number, SIG_DFL);
  sigset_t none;
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

static _Noreturn void
run_command (const Options *options, int report)
{
  int code = COMMAND_NOT_LIMITED;
  setpgid (0, 0);
  if (apply_limits (options)) {
    reset_signals ();
    execvp (options->command[0], options->command);
    complain ("cannot execute", options->command[0]);
    code = COMMAND_NOT_EXECUTED;
  }
  ssize_t ignored = write (report, NOT_RUNNING, 1);
  (void)ignored;
  _exit (code);
}

pid_t
command_start (const Options *options, bool *running)
{
  int report[2];
  if (pipe2 (report, O_CLOEXEC) < 0)
    return -1;
  pid_t pid = fork ();
  if (pid == 0)
    run_command (options, report[1]);
  int error = errno;
  close (report[1]);

  char word;
  ssize_t length = 0;
  if (pid > 0) {
    do
      length = read (report[0], &word, 1);
    while (length < 0 && errno == EINTR);
  }
  close (report[0]);
  *running = pid > 0 && length == 0;
  errno = error;
  return pid;
}
