/* dslrs-camera: RTSP cameras that are not there, for the demonstration and the tests. Many mounts in one process;
 * spec.h says what they can be, control.h how they are driven. */
#include <gio/gio.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "access.h"
#include "atomic_file.h"
#include "clients.h"
#include "control.h"
#include "mount.h"

/* Connections that may wait to be accepted: benchmarks connect to all mounts at once. */
#define BACKLOG 128
#define SESSION_CLEANUP_SECONDS 5

typedef struct
{
  char *bundle;
  char *spec;
  char *port_file;
} Options;

static gboolean
parse_options (int argc, char **argv, Options *options, GError **error)
{
  const GOptionEntry entries[] = {
    { "bundle", 0, 0, G_OPTION_ARG_FILENAME, &options->bundle, "Directory of the control socket", "DIR" },
    { "spec", 0, 0, G_OPTION_ARG_FILENAME, &options->spec, "What to simulate (JSON)", "FILE" },
    { "port-file", 0, 0, G_OPTION_ARG_FILENAME, &options->port_file, "Write the RTSP port here once it is open",
      "FILE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (argc == 1 && options->bundle != NULL && options->spec != NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
               "usage: dslrs-camera --bundle DIR --spec FILE [--port-file FILE]");
  return FALSE;
}

static gboolean
make_mounts (Camera *camera, GError **error)
{
  Loop *loop = loop_new ();

  camera->mounts = g_ptr_array_new ();
  for (guint i = 0; i < camera->spec->mounts->len; i++) {
    Mount *mount = mount_new (camera->spec->mounts->pdata[i], loop, error);

    if (mount == NULL)
      return FALSE;
    g_ptr_array_add (camera->mounts, mount);
  }
  return TRUE;
}

/* The RTSP server forgets sessions whose client went silent only when asked to; on a thread of its own, because ending
 * a media may wait for a client that does not read. */
static gpointer
clean_sessions (gpointer session_pool)
{
  for (;;) {
    g_usleep (SESSION_CLEANUP_SECONDS * G_USEC_PER_SEC);
    gst_rtsp_session_pool_cleanup (session_pool);
  }
  return NULL;
}

static gboolean
serve (Camera *camera, GError **error)
{
  g_autoptr (GstRTSPMountPoints) mount_points = NULL;
  g_autoptr (GstRTSPThreadPool) threads = NULL;
  g_autoptr (GstRTSPAuth) access = access_new (camera->mounts);

  camera->server = gst_rtsp_server_new ();
  mount_points = gst_rtsp_server_get_mount_points (camera->server);
  threads = gst_rtsp_server_get_thread_pool (camera->server);
  for (guint i = 0; i < camera->mounts->len; i++)
    mount_serve (camera->mounts->pdata[i], mount_points);
  /* A thread a client: a DESCRIBE of a frozen mount waits, and must not make others wait. */
  gst_rtsp_thread_pool_set_max_threads (threads, -1);
  gst_rtsp_server_set_auth (camera->server, access);
  gst_rtsp_server_set_address (camera->server, camera->spec->listen);
  gst_rtsp_server_set_backlog (camera->server, BACKLOG);
  clients_watch (camera);
  if (!camera_open (camera, error))
    return FALSE;
  g_thread_unref (g_thread_new ("sessions", clean_sessions, gst_rtsp_server_get_session_pool (camera->server)));
  return TRUE;
}

static gboolean
write_port (const char *path, int port, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%d\n", port);
  int code;

  if (path == NULL || atomic_file_write (path, text))
    return TRUE;
  code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path, g_strerror (code));
  return FALSE;
}

static gboolean
start (Camera *camera, const Options *options, const ControlContext *control, GError **error)
{
  g_autofree char *port_file = options->port_file != NULL ? g_canonicalize_filename (options->port_file, NULL) : NULL;

  camera->spec = spec_load (options->spec, error);
  if (camera->spec == NULL)
    return FALSE;
  if (chdir (options->bundle) != 0) {
    int code = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", options->bundle, g_strerror (code));
    return FALSE;
  }
  if (!make_mounts (camera, error) || !serve (camera, error))
    return FALSE;
  return control_start (control, error) && write_port (port_file, camera->port, error);
}

/* The clients hear of it from the kernel. Pipelines are not torn down: that can wait for a client that does not read,
 * and nothing of them outlives the process. */
static void
leave (void)
{
  unlink (CONTROL_SOCKET);
  _exit (0);
}

static gpointer
leave_on_signal (gpointer signals)
{
  int number;

  sigwait (signals, &number);
  leave ();
  return NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Options options = { 0 };
  Camera camera = { 0 };
  const ControlContext control
      = { .camera = &camera, .stop = (void (*) (gpointer))g_main_loop_quit, .user_data = loop };
  sigset_t signals;

  /* A thread of their own for the signals, so that they work whatever the main loop is busy with. */
  sigemptyset (&signals);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);
  g_thread_unref (g_thread_new ("signals", leave_on_signal, &signals));

  gst_init (NULL, NULL);
  if (!parse_options (argc, argv, &options, &error)) {
    fprintf (stderr, "dslrs-camera: %s\n", error->message);
    return 2;
  }
  if (!start (&camera, &options, &control, &error)) {
    fprintf (stderr, "dslrs-camera: %s\n", error->message);
    return 1;
  }
  g_main_loop_run (loop);
  leave ();
}
