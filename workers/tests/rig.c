#include "rig.h"

#include "unix_socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between two looks at something that announces itself in no way. */
#define LOOK_EVERY_US 2000
/* From the higher one on the kernel gives ports to whoever connects or asks for any. */
#define LOWEST_PORT 10000
#define NO_HIGHER_PORT 32768

char *
rig_directory (void)
{
  char *directory = g_dir_make_tmp ("dslrs-test-XXXXXX", NULL);
  g_assert_nonnull (directory);
  return directory;
}

void
rig_remove (char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    char *path = g_build_filename (directory, name, NULL);
    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
      rig_remove (path);
    } else {
      g_unlink (path);
      g_free (path);
    }
  }
  g_rmdir (directory);
  g_free (directory);
}

void
rig_write (const char *directory, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

char *
rig_read (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  char *text = NULL;
  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* TRUE as long as the caller, which waits for something, is to look again. */
static gboolean
look_again (gint64 since)
{
  g_assert_cmpint (g_get_monotonic_time () - since, <, RIG_PATIENCE_S * G_USEC_PER_SEC);
  g_usleep (LOOK_EVERY_US);
  return TRUE;
}

char *
rig_await_file (const char *directory, const char *name)
{
  gint64 since = g_get_monotonic_time ();
  char *text;
  while ((text = rig_read (directory, name)) == NULL)
    look_again (since);
  return text;
}

void
rig_await_text (const char *directory, const char *name, const char *text)
{
  gint64 since = g_get_monotonic_time ();
  for (;;) {
    g_autofree char *all = rig_read (directory, name);
    if (all != NULL && strstr (all, text) != NULL)
      return;
    look_again (since);
  }
}

typedef struct
{
  const char *error_file;
  GSpawnChildSetupFunc setup;
  gpointer user_data;
} Child;

static void
set_up_child (gpointer data)
{
  const Child *child = data;
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
  if (child->error_file != NULL)
    dup2 (open (child->error_file, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
  if (child->setup != NULL)
    child->setup (child->user_data);
}

GPid
rig_spawn (char **argv, const char *error_file, GSpawnChildSetupFunc setup, gpointer user_data)
{
  Child child = { error_file, setup, user_data };
  g_autoptr (GError) error = NULL;
  GPid pid;
  g_spawn_async (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
                 set_up_child, &child, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

int
rig_wait (GPid pid)
{
  gint64 since = g_get_monotonic_time ();
  int status = 0;
  while (waitpid (pid, &status, WNOHANG) == 0)
    look_again (since);
  return status;
}

void
rig_kill (GPid pid)
{
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
}

GPid
rig_await_child (GPid pid, GPid former)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/children", pid, pid);
  gint64 since = g_get_monotonic_time ();
  for (;;) {
    g_autofree char *text = NULL;
    int child = 0;
    if (g_file_get_contents (path, &text, NULL, NULL) && sscanf (text, "%d", &child) == 1 && child != former)
      return child;
    look_again (since);
  }
}

void
rig_await_death (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  gint64 since = g_get_monotonic_time ();
  for (;;) {
    g_autofree char *text = NULL;
    if (!g_file_get_contents (path, &text, NULL, NULL) || strstr (text, ") Z ") != NULL)
      return;
    look_again (since);
  }
}

guint64
rig_cpu_ticks (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  guint64 user, system;
  g_assert_cmpint (
      sscanf (strrchr (text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), ==, 2);
  return user + system;
}

static int
new_tcp_socket (struct sockaddr_in *address, guint16 port)
{
  *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons (port) };
  address->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

guint16
rig_free_port (void)
{
  for (;;) {
    struct sockaddr_in address;
    guint16 port = (guint16)g_random_int_range (LOWEST_PORT, NO_HIGHER_PORT);
    int fd = new_tcp_socket (&address, port);
    gboolean is_free = bind (fd, (struct sockaddr *)&address, sizeof address) == 0;

    close (fd);
    if (is_free)
      return port;
  }
}

static void
be_patient (int fd)
{
  struct timeval patience = { .tv_sec = RIG_PATIENCE_S };
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), ==, 0);
}

int
rig_connect (guint16 port)
{
  struct sockaddr_in address;
  int fd = new_tcp_socket (&address, port);
  if (connect (fd, (struct sockaddr *)&address, sizeof address) < 0) {
    close (fd);
    return -1;
  }
  be_patient (fd);
  return fd;
}

int
rig_connect_unix (const char *directory, const char *name)
{
  gint64 since = g_get_monotonic_time ();
  int fd;
  while ((fd = unix_socket_connect (directory, name, NULL)) < 0)
    look_again (since);
  fcntl (fd, F_SETFL, 0); /* blocking */
  be_patient (fd);
  return fd;
}

void
rig_send (int fd, const char *text)
{
  g_assert_cmpint (send (fd, text, strlen (text), MSG_NOSIGNAL), ==, strlen (text));
}

char *
rig_receive (int fd, gsize length)
{
  char *bytes = g_malloc0 (length + 1);
  g_assert_cmpint (recv (fd, bytes, length, MSG_WAITALL), ==, length);
  return bytes;
}

char *
rig_receive_all (int fd, gboolean may_reset)
{
  g_autoptr (GString) all = g_string_new (NULL);
  char bytes[4096];
  ssize_t length;
  while ((length = recv (fd, bytes, sizeof bytes, 0)) > 0)
    g_string_append_len (all, bytes, length);
  if (length < 0 && !(may_reset && errno == ECONNRESET))
    g_error ("waiting for the end of the stream: %s", g_strerror (errno));
  return g_strdup (all->str);
}

char *
rig_receive_line (int fd)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char c = '\0';
  while (recv (fd, &c, 1, 0) == 1 && c != '\n')
    g_string_append_c (line, c);
  g_assert_cmpint (c, ==, '\n');
  return g_strdup (line->str);
}

guint
rig_count_descriptors (void)
{
  guint count = 0;
  DIR *dir = opendir ("/proc/self/fd");
  while (readdir (dir) != NULL)
    count++;
  closedir (dir);
  return count;
}
