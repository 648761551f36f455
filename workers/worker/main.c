/* dslrs-worker: all media of one stream, in a process of its own (docs/worker-protocol.md). */
#include "descriptors.h"
#include "worker.h"

#include <errno.h>
#include <gst/gst.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define DEFAULT_ORPHAN_GRACE_SECONDS 600

/* Credentials live in this process's memory: no core file may hold them. Where a program collects the cores, the kernel
 * passes over a limit of 0 and heeds 1; a file of one byte it does not write either. */
static void
forbid_core_files (void)
{
  const struct rlimit none = { 1, 1 };

  setrlimit (RLIMIT_CORE, &none);
}

int
main (int argc, char **argv)
{
  g_autofree char *bundle = NULL;
  g_autofree char *name = NULL;
  g_autofree char *pipelines = NULL;
  gint orphan_grace = DEFAULT_ORPHAN_GRACE_SECONDS;
  const GOptionEntry entries[] = {
    { "bundle", 0, 0, G_OPTION_ARG_FILENAME, &bundle, "Directory of the sockets", "DIR" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &name, "Name of the stream", "NAME" },
    { "pipelines", 0, 0, G_OPTION_ARG_FILENAME, &pipelines, "Directory of the launch texts", "DIR" },
    { "orphan-grace", 0, 0, G_OPTION_ARG_INT, &orphan_grace, "Seconds without a supervisor before it leaves",
      "SECONDS" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  /* Streaming threads come and go: more arenas would only keep what they freed. */
  mallopt (M_ARENA_MAX, 2);
  signal (SIGPIPE, SIG_IGN);
  forbid_core_files ();
  descriptors_allow ();
  gst_init (&argc, &argv);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "dslrs-worker: %s\n", error->message);
    return EXIT_USAGE;
  }
  if (bundle == NULL || name == NULL || pipelines == NULL || orphan_grace <= 0) {
    fprintf (stderr, "dslrs-worker: needs --bundle, --name and --pipelines\n");
    return EXIT_USAGE;
  }
  g_autofree char *pipelines_path = g_canonicalize_filename (pipelines, NULL);
  if (chdir (bundle) != 0) {
    fprintf (stderr, "dslrs-worker: %s: %s\n", bundle, g_strerror (errno));
    return EXIT_FAILURE;
  }

  const WorkerOptions options
      = { .name = name, .pipelines = pipelines_path, .orphan_grace_seconds = (guint)orphan_grace };
  Worker *worker = worker_new (&options, &error);
  if (worker == NULL) {
    fprintf (stderr, "dslrs-worker: %s\n", error->message);
    return EXIT_FAILURE;
  }
  worker_run (worker);
  worker_free (worker);
  return EXIT_SUCCESS;
}
