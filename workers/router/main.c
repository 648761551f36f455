/* dslrs-router: owns the public RTSP port, finds out which worker each client wants, and gives it the client's socket.
 * It touches no media, and viewers that play do not notice when it dies. */

#include "control.h"
#include "door.h"
#include "keeper.h"
#include "listeners.h"
#include "routes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Two for each client on its way, and some for the rest. */
#define DESCRIPTORS (2 * DOOR_MAX_CLIENTS + 64)

typedef struct
{
  char *bundle;
  char **listen;
} Options;

typedef struct
{
  char **listen;
  GArray *listeners;
} Work;

static int
serve (void *user_data)
{
  Work *work = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Routes) routes = routes_new ();
  g_autoptr (Door) door = door_new (work->listeners, routes);
  ControlContext context = { .door = door, .listen = work->listen, .loop = loop };
  g_autoptr (Control) control = control_new (&context, &error);
  if (control == NULL) {
    g_printerr ("dslrs-router: %s\n", error->message);
    return EXIT_FAILURE;
  }
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}

static void
allow_descriptors (void)
{
  struct rlimit limit;
  if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
    return;
  limit.rlim_cur = MIN (DESCRIPTORS, limit.rlim_max);
  setrlimit (RLIMIT_NOFILE, &limit);
}

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "bundle", 0, 0, G_OPTION_ARG_FILENAME, &options->bundle, "Directory of spec.json and control.sock", "DIR" },
    { "listen", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->listen, "Where clients connect; may be repeated",
      "ADDRESS:PORT" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    g_printerr ("dslrs-router: %s\n", error->message);
  else if (options->bundle == NULL || options->listen == NULL || *argc > 1)
    g_printerr ("usage: dslrs-router --bundle DIR --listen ADDRESS:PORT...\n");
  else
    return TRUE;
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { 0 };
  int code = LISTENERS_USAGE;
  Work work = { .listeners = g_array_new (FALSE, FALSE, sizeof (int)) };
  if (parse_options (&options, &argc, &argv)) {
    work.listen = options.listen;
    code = listeners_open (options.listen, work.listeners);
    if (code == LISTENERS_OK && chdir (options.bundle) < 0) {
      g_printerr ("dslrs-router: cannot use the bundle %s: %s\n", options.bundle, g_strerror (errno));
      code = LISTENERS_FAILED;
    }
    if (code == LISTENERS_OK) {
      allow_descriptors ();
      code = keeper_run (serve, &work);
      unlink ("control.sock");
    }
  }
  g_array_unref (work.listeners);
  g_strfreev (options.listen);
  g_free (options.bundle);
  return code;
}
