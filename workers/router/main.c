/* dslrs-router: owns the public RTSP port, finds out which worker each client wants, and gives it the client's socket.
 * It touches no media, and viewers that play do not notice when it dies. */

#include "control.h"
#include "door.h"
#include "keeper.h"
#include "routes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Two for each client on its way, one for each that a worker has, and some for the rest. */
#define DESCRIPTORS (2 * DOOR_MAX_CLIENTS + 10000 + 64)

typedef struct
{
  char *bundle;
  char *tls_program;
} Options;

static int
serve (Keeper *keeper, void *user_data)
{
  const Options *options = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Routes) routes = routes_new ();
  const DoorParts parts = { .keeper = keeper, .routes = routes, .tls_program = options->tls_program };
  g_autoptr (Door) door = door_new (&parts);
  g_autofree char *problem = NULL;
  ListenersResult result = door_listen (door, &problem);
  if (problem != NULL)
    g_printerr ("dslrs-router: %s\n", problem);
  /* Where a former process listened, this one does so too, whatever the spec says now. */
  if (door_get_listeners (door)->len == 0)
    return result != LISTENERS_OK ? (int)result : LISTENERS_FAILED;
  ControlContext context = { .door = door, .loop = loop };
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
    { "tls", 0, 0, G_OPTION_ARG_FILENAME, &options->tls_program, "The program dslrs-tls", "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    g_printerr ("dslrs-router: %s\n", error->message);
  else if (options->bundle == NULL || options->tls_program == NULL || *argc > 1)
    g_printerr ("usage: dslrs-router --bundle DIR --tls FILE\n");
  else
    return TRUE;
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { 0 };
  int code = LISTENERS_USAGE;
  if (parse_options (&options, &argc, &argv)) {
    code = chdir (options.bundle) == 0 ? LISTENERS_OK : LISTENERS_FAILED;
    if (code != LISTENERS_OK)
      g_printerr ("dslrs-router: cannot use the bundle %s: %s\n", options.bundle, g_strerror (errno));
  }
  if (code == LISTENERS_OK) {
    allow_descriptors ();
    code = keeper_run (serve, &options);
    unlink ("control.sock");
  }
  g_free (options.tls_program);
  g_free (options.bundle);
  return code;
}
