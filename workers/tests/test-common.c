/* The small parts: identity of processes, atomic files, Unix sockets in deep directories. */

#include "atomic_file.h"
#include "procfs.h"
#include "unix_socket.h"

#include "rig.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_boot_id (void)
{
  char id[PROCFS_BOOT_ID_LENGTH + 1];
  g_assert_true (procfs_boot_id (id));
  g_assert_true (g_uuid_string_is_valid (id));
}

static void
test_start_time (void)
{
  char *argv[] = { (char *)"sleep", (char *)"60", NULL };
  g_autofree char *stat = NULL;
  GPid child = rig_spawn (argv, NULL, NULL, NULL);
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", child);
  guint64 start, expected;
  g_assert_true (procfs_start_time (child, &start));
  g_assert_true (g_file_get_contents (path, &stat, NULL, NULL));
  g_auto (GStrv) fields = g_strsplit (stat, " ", 0);
  g_assert_true (g_ascii_string_to_unsigned (fields[21], 10, 1, G_MAXUINT64, &expected, NULL));
  g_assert_cmpuint (start, ==, expected);

  rig_kill (child);
  g_assert_false (procfs_start_time (child, &start));
}

/* A program may call itself anything. */
static void
test_start_time_of_a_strange_name (void)
{
  char name[17];
  guint64 before, after;
  g_assert_true (procfs_start_time (getpid (), &before));
  g_assert_cmpint (prctl (PR_GET_NAME, name), ==, 0);
  g_assert_cmpint (prctl (PR_SET_NAME, ") R 1 2 (a) 3"), ==, 0);
  g_assert_true (procfs_start_time (getpid (), &after));
  prctl (PR_SET_NAME, name);
  g_assert_cmpuint (after, ==, before);
}

static guint
count_files (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint count = 0;
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static void
test_atomic_file (void)
{
  char *directory = rig_directory ();
  g_autofree char *path = g_build_filename (directory, "a.json", NULL);
  struct stat info;
  rig_write (directory, "a.json", "old");
  g_assert_true (atomic_file_write (path, "new\n"));
  g_autofree char *text = rig_read (directory, "a.json");
  g_assert_cmpstr (text, ==, "new\n");
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (count_files (directory), ==, 1);
  rig_remove (directory);
}

static void
test_atomic_file_leaves_nothing (void)
{
  char *directory = rig_directory ();
  g_autofree char *path = g_build_filename (directory, "taken", NULL);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0); /* so the rename fails */
  g_assert_false (atomic_file_write (path, "text"));
  g_assert_cmpint (errno, ==, EISDIR);
  g_assert_cmpuint (count_files (directory), ==, 1);

  g_autofree char *nowhere = g_build_filename (directory, "no", "where", NULL);
  g_assert_false (atomic_file_write (nowhere, "text"));
  g_assert_cmpint (errno, ==, ENOENT);
  rig_remove (directory);
}

/* Longer than a socket path may be. */
static void
test_unix_socket (void)
{
  char *directory = rig_directory ();
  g_autofree char *name = g_strnfill (200, 'd');
  g_autofree char *deep = g_build_filename (directory, name, NULL);
  g_autofree char *former = g_get_current_dir ();
  g_autoptr (GError) error = NULL;
  struct stat info;
  g_assert_cmpint (g_mkdir (deep, 0700), ==, 0);
  g_assert_cmpint (chdir (deep), ==, 0);

  int listener = unix_socket_listen ("a.sock", &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_stat ("a.sock", &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (unix_socket_accept (listener, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);

  int client = unix_socket_connect (deep, "a.sock", &error);
  g_assert_no_error (error);
  int server = unix_socket_accept (listener, &error);
  g_assert_no_error (error);
  close (client);
  close (server);
  close (listener);

  g_assert_cmpint (unix_socket_connect (deep, "a.sock", &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  /* What a killed process left is replaced. */
  listener = unix_socket_listen ("a.sock", NULL);
  g_assert_cmpint (listener, >=, 0);
  close (listener);
  g_assert_cmpint (chdir (former), ==, 0);
  rig_remove (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/procfs/boot-id", test_boot_id);
  g_test_add_func ("/procfs/start-time", test_start_time);
  g_test_add_func ("/procfs/start-time-of-a-strange-name", test_start_time_of_a_strange_name);
  g_test_add_func ("/atomic-file/replaces", test_atomic_file);
  g_test_add_func ("/atomic-file/leaves-nothing", test_atomic_file_leaves_nothing);
  g_test_add_func ("/unix-socket", test_unix_socket);
  return g_test_run ();
}
