/* dslrs-mend: mends and inspects recordings. Requests are JSON lines on the standard input, answers on the standard
 * output, one for each, in order (docs/worker-protocol.md). It ends with its input, or at SIGTERM after the file it is
 * at. */

#include "mend.h"
#include "request.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LONGEST_LINE (64 * 1024)
#define LOWEST_PRIORITY 19
/* linux/ioprio.h is not installed everywhere. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE (3 << 13)

static volatile sig_atomic_t stopped;

static void
on_signal (int signal)
{
  stopped = 1;
}

/* Recording and serving come first, for the processor and for the disk. */
static void
yield (void)
{
  setpriority (PRIO_PROCESS, 0, LOWEST_PRIORITY);
  syscall (SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

static gboolean
answer (const char *line, gsize length)
{
  g_autofree char *text = request_answer (line, length);

  return puts (text) != EOF && fflush (stdout) == 0;
}

/* A signal that came while a line was worked on. */
static gboolean
is_told_to_end (void)
{
  sigset_t pending;

  return sigpending (&pending) == 0 && (sigismember (&pending, SIGTERM) || sigismember (&pending, SIGINT));
}

/* Answers the whole lines in `input`, and takes them off. */
static gboolean
answer_lines (GString *input)
{
  const char *newline;

  while (!is_told_to_end () && (newline = memchr (input->str, '\n', input->len)) != NULL) {
    gsize length = (gsize)(newline - input->str);

    if (!answer (input->str, length))
      return FALSE;
    g_string_erase (input, 0, (gssize)length + 1);
  }
  return input->len <= LONGEST_LINE;
}

/* Signals come in only here. FALSE when one did. */
static gboolean
wait_for_input (const sigset_t *open)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

  return ppoll (&input, 1, NULL, open) > 0 && !stopped;
}

/* Those that end it wait until there is nothing to do. */
static void
hold_signals (sigset_t *before)
{
  const struct sigaction stop = { .sa_handler = on_signal };
  sigset_t held;

  sigaction (SIGTERM, &stop, NULL);
  sigaction (SIGINT, &stop, NULL);
  signal (SIGPIPE, SIG_IGN);
  sigemptyset (&held);
  sigaddset (&held, SIGTERM);
  sigaddset (&held, SIGINT);
  sigprocmask (SIG_BLOCK, &held, before);
}

int
main (int argc, char **argv)
{
  g_autoptr (GString) input = g_string_new (NULL);
  char data[4096];
  gssize n = 1;
  sigset_t open;

  hold_signals (&open);
  yield ();
  while (n > 0 && wait_for_input (&open)) {
    n = read (STDIN_FILENO, data, sizeof data);
    g_string_append_len (input, data, MAX (n, 0));
    if (n < 0 || !answer_lines (input))
      return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
