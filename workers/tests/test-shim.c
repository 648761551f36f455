/* The shim with real commands: what it writes, what the command inherits, and how both end. */

#include "procfs.h"

#include "rig.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OPTIONS 6

/* Starts the shim in `bundle` with up to MAX_OPTIONS words of options (NULL-terminated, or NULL) around `sh -c SCRIPT`.
 */
static GPid
start_with (const char *bundle, const char *const *options, const char *script, GSpawnChildSetupFunc setup)
{
  const char *argv[3 + MAX_OPTIONS + 5] = { g_getenv ("DSLRS_SHIM"), "--bundle", bundle };
  guint n = 3;
  for (; options != NULL && *options != NULL; options++)
    argv[n++] = *options;
  argv[n++] = "--";
  argv[n++] = "/bin/sh";
  argv[n++] = "-c";
  argv[n++] = script;
  return rig_spawn ((char **)argv, NULL, setup, NULL);
}

static GPid
start (const char *bundle, const char *script)
{
  return start_with (bundle, NULL, script, NULL);
}

/* The exit code of the shim. */
static int
wait_for_code (GPid shim)
{
  int status = rig_wait (shim);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* (transfer full) */
static JsonObject *
read_object (const char *bundle, const char *name)
{
  g_autofree char *text = rig_await_file (bundle, name);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_assert_nonnull (node);
  return json_node_dup_object (node);
}

static void
assert_log (const char *bundle, const char *text)
{
  g_autofree char *log = rig_read (bundle, "worker.log");
  g_assert_cmpstr (log, ==, text);
}

static void
test_exit_code (void)
{
  char *bundle = rig_directory ();
  rig_write (bundle, "exit.json", "old");
  rig_write (bundle, "process.json", "old");
  rig_write (bundle, "worker.log", "before\n");
  /* The command sees that the old files are gone and where it runs. */
  GPid shim = start (bundle, "test -e exit.json && echo old; test -e worker.log && echo out; echo error >&2; exit 7");
  g_assert_cmpint (wait_for_code (shim), ==, 7);

  g_autoptr (JsonObject) end = read_object (bundle, "exit.json");
  g_autoptr (JsonObject) process = read_object (bundle, "process.json");
  JsonObject *worker = json_object_get_object_member (process, "worker");
  g_assert_cmpint (json_object_get_int_member (end, "code"), ==, 7);
  g_assert_true (json_object_get_null_member (end, "signal"));
  g_assert_cmpint (json_object_get_int_member (end, "oomKills"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (end, "pid"), ==, json_object_get_int_member (worker, "pid"));
  gint64 started = json_object_get_int_member (end, "startedAt"), ended = json_object_get_int_member (end, "endedAt");
  g_assert_cmpint (started, <=, ended);
  g_assert_cmpint (ended, <=, g_get_real_time () / 1000);
  assert_log (bundle, "before\nout\nerror\n");
  rig_remove (bundle);
}

static void
test_identity (void)
{
  char *bundle = rig_directory ();
  GPid shim = start (bundle, "exec sleep 60");
  g_autoptr (JsonObject) process = read_object (bundle, "process.json");
  JsonObject *worker = json_object_get_object_member (process, "worker");
  JsonObject *self = json_object_get_object_member (process, "shim");
  GPid pid = json_object_get_int_member (worker, "pid");
  char boot_id[PROCFS_BOOT_ID_LENGTH + 1];
  guint64 start_time;

  g_assert_true (procfs_boot_id (boot_id));
  g_assert_cmpstr (json_object_get_string_member (process, "bootId"), ==, boot_id);
  g_assert_cmpint (json_object_get_int_member (self, "pid"), ==, shim);
  g_assert_true (procfs_start_time (shim, &start_time));
  g_assert_cmpint (json_object_get_int_member (self, "startTime"), ==, start_time);
  g_assert_cmpint (rig_await_child (shim, 0), ==, pid);
  g_assert_true (procfs_start_time (pid, &start_time));
  g_assert_cmpint (json_object_get_int_member (worker, "startTime"), ==, start_time);
  g_assert_cmpint (getpgid (pid), ==, pid);
  g_assert_cmpint (getpgid (shim), !=, getpgrp ());

  kill (shim, SIGTERM);
  g_assert_cmpint (wait_for_code (shim), ==, 128 + SIGTERM);
  rig_remove (bundle);
}

static void
test_killed (void)
{
  char *bundle = rig_directory ();
  GPid shim = start (bundle, "kill -KILL $$");
  g_assert_cmpint (wait_for_code (shim), ==, 128 + SIGKILL);
  g_autoptr (JsonObject) end = read_object (bundle, "exit.json");
  g_assert_cmpstr (json_object_get_string_member (end, "signal"), ==, "SIGKILL");
  g_assert_true (json_object_get_null_member (end, "code"));
  rig_remove (bundle);
}

/* Both signals are passed on; a command that ends in order on them ends with its own code. */
static void
test_passes_signals_on (void)
{
  char *bundle = rig_directory ();
  GPid shim
      = start (bundle, "trap 'echo INT; touch got' INT; trap 'exit 3' TERM; touch armed; while :; do sleep 0.01; done");
  g_free (rig_await_file (bundle, "armed"));
  kill (shim, SIGINT);
  g_free (rig_await_file (bundle, "got"));
  kill (shim, SIGTERM);
  g_assert_cmpint (wait_for_code (shim), ==, 3);
  assert_log (bundle, "INT\n");
  rig_remove (bundle);
}

/* A command that ignores SIGTERM is killed through its group, and the shim still tells. */
static void
test_ignores_sigterm (void)
{
  char *bundle = rig_directory ();
  GPid shim = start (bundle, "trap 'touch ignored' TERM; touch armed; while :; do sleep 0.01; done");
  g_free (rig_await_file (bundle, "armed"));
  GPid worker = rig_await_child (shim, 0);
  kill (shim, SIGTERM);
  g_free (rig_await_file (bundle, "ignored"));
  g_assert_cmpint (kill (-worker, SIGKILL), ==, 0);
  g_assert_cmpint (wait_for_code (shim), ==, 128 + SIGKILL);
  g_free (rig_await_file (bundle, "exit.json"));
  rig_remove (bundle);
}

static void
test_kills_what_is_left (void)
{
  char *bundle = rig_directory ();
  GPid shim = start (bundle, "sleep 60 & echo $! > left; exit 0");
  g_assert_cmpint (wait_for_code (shim), ==, 0);
  g_autofree char *left = rig_read (bundle, "left");
  rig_await_death (atoi (left));
  rig_remove (bundle);
}

static void
test_worker_outlives_the_shim (void)
{
  char *bundle = rig_directory ();
  GPid shim = start (bundle, "touch armed; while ! test -e finish; do sleep 0.01; done; echo alive; touch done");
  g_free (rig_await_file (bundle, "armed"));
  rig_kill (shim);
  rig_write (bundle, "finish", "");
  g_free (rig_await_file (bundle, "done"));
  assert_log (bundle, "alive\n");
  rig_remove (bundle);
}

static void
test_not_executable (void)
{
  char *bundle = rig_directory ();
  const char *argv[] = { g_getenv ("DSLRS_SHIM"), "--bundle", bundle, "--", "/no/such/program", NULL };
  g_assert_cmpint (wait_for_code (rig_spawn ((char **)argv, NULL, NULL, NULL)), ==, 127);
  assert_log (bundle, "dslrs-shim: cannot execute /no/such/program: No such file or directory\n");
  g_autoptr (JsonObject) end = read_object (bundle, "exit.json");
  g_assert_cmpint (json_object_get_int_member (end, "code"), ==, 127);
  g_assert_null (rig_read (bundle, "process.json"));
  rig_remove (bundle);
}

/* An unlimited command would be worse than none. */
static void
test_not_limited (void)
{
  char *bundle = rig_directory ();
  const char *options[] = { "--cgroup-procs", "/no/such/cgroup.procs", NULL };
  g_assert_cmpint (wait_for_code (start_with (bundle, options, "echo ran", NULL)), ==, 126);
  assert_log (bundle, "dslrs-shim: cannot join the cgroup of /no/such/cgroup.procs: No such file or directory\n");
  rig_remove (bundle);
}

static void
test_no_bundle (void)
{
  g_assert_cmpint (wait_for_code (start ("/no/such/bundle", "true")), ==, 125);
}

static void
test_usage (void)
{
  const char *const lines[][6] = {
    { "--bundle", "/tmp", NULL },
    { "--", "true", NULL },
    { "--bundle", "/tmp", "--nice", "much", "true", NULL },
    { "--bundle", "/tmp", "--data-limit", "0", "true", NULL },
    { "--bundle", "/tmp", "--unknown", "true", NULL },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    const char *argv[7] = { g_getenv ("DSLRS_SHIM") };
    memcpy (argv + 1, lines[i], sizeof lines[i]);
    g_assert_cmpint (wait_for_code (rig_spawn ((char **)argv, "/dev/null", NULL, NULL)), ==, 2);
  }
}

/* Joins by writing to each file, and counts what the kernel killed meanwhile, in both formats. */
static void
test_cgroups (gconstpointer format)
{
  char *bundle = rig_directory ();
  char *groups = rig_directory ();
  g_autofree char *procs = g_build_filename (groups, "cgroup.procs", NULL);
  g_autofree char *oom = g_build_filename (groups, "oom", NULL);
  g_autofree char *before = g_strdup_printf (format, 2);
  g_autofree char *after = g_strdup_printf (format, 5);
  rig_write (groups, "cgroup.procs", "");
  rig_write (groups, "oom", before);
  rig_write (groups, "after", after);

  const char *options[] = { "--cgroup-procs", procs, "--oom-file", oom, NULL };
  g_autofree char *script = g_strdup_printf ("cp %s/after %s/oom", groups, groups);
  g_assert_cmpint (wait_for_code (start_with (bundle, options, script, NULL)), ==, 0);
  g_autoptr (JsonObject) end = read_object (bundle, "exit.json");
  g_assert_cmpint (json_object_get_int_member (end, "oomKills"), ==, 3);
  g_autofree char *joined = rig_read (groups, "cgroup.procs");
  g_assert_cmpstr (joined, ==, "0");
  rig_remove (groups);
  rig_remove (bundle);
}

/* With a real cgroup, where one can be made: the command is in it, the shim is not, and its directory is removed. */
static void
test_real_cgroup (void)
{
  static const char *const trees[] = { "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
  g_autofree char *group = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (trees) && group == NULL; i++) {
    group = g_strdup_printf ("%s/dslrs-test-shim-%d", trees[i], getpid ());
    g_autofree char *procs = g_build_filename (group, "cgroup.procs", NULL);
    if (g_mkdir (group, 0700) == 0 && g_access (procs, W_OK) == 0)
      break;
    g_rmdir (group);
    g_clear_pointer (&group, g_free);
  }
  if (group == NULL) {
    g_test_skip ("no cgroup can be made here");
    return;
  }

  char *bundle = rig_directory ();
  g_autofree char *procs = g_build_filename (group, "cgroup.procs", NULL);
  const char *options[] = { "--cgroup-procs", procs, NULL };
  GPid shim = start_with (bundle, options, ": > armed; exec sleep 60", NULL);
  g_free (rig_await_file (bundle, "armed"));
  g_autofree char *members = rig_read (group, "cgroup.procs");
  g_autofree char *expected = g_strdup_printf ("%d\n", rig_await_child (shim, 0));
  g_assert_cmpstr (members, ==, expected);
  kill (shim, SIGTERM);
  rig_wait (shim);
  g_assert_false (g_file_test (group, G_FILE_TEST_EXISTS));
  rig_remove (bundle);
}

static void
test_limits (void)
{
  char *bundle = rig_directory ();
  const char *options[] = { "--data-limit", "104857600", "--nice", "7", NULL };
  g_assert_cmpint (wait_for_code (start_with (bundle, options, "ulimit -d; nice", NULL)), ==, 0);
  assert_log (bundle, "102400\n7\n");
  rig_remove (bundle);
}

/* Leaves the shim with a descriptor, a blocked signal and an ignored one, as a careless starter would. */
static void
be_careless (gpointer data)
{
  sigset_t blocked;
  dup2 (open ("/dev/zero", O_RDONLY), 42);
  sigemptyset (&blocked);
  sigaddset (&blocked, SIGUSR1);
  sigprocmask (SIG_BLOCK, &blocked, NULL);
  signal (SIGCHLD, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGTERM, SIG_IGN);
}

static void
test_clean_inheritance (void)
{
  char *bundle = rig_directory ();
  GPid shim = start_with (
      bundle, NULL,
      "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t'; test -e /proc/self/fd/42 && echo leaked; exit 5",
      be_careless);
  g_assert_cmpint (wait_for_code (shim), ==, 5);
  assert_log (bundle, "SigBlk:0000000000000000\nSigIgn:0000000000000000\n");
  rig_remove (bundle);
}

static void
allow_core (gpointer data)
{
  struct rlimit limit;
  getrlimit (RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_CORE, &limit);
}

/* The memory of a worker holds passwords; the record of its end is all that is left of it. */
static void
test_no_core (void)
{
  char *bundle = rig_directory ();
  GPid shim = start_with (
      bundle, NULL, "awk '/^Max core/ { exit !($5 <= 1 && $6 <= 1) }' /proc/self/limits && kill -ABRT $$", allow_core);
  g_assert_cmpint (wait_for_code (shim), ==, 128 + SIGABRT);
  g_autoptr (JsonObject) end = read_object (bundle, "exit.json");
  g_assert_cmpstr (json_object_get_string_member (end, "signal"), ==, "SIGABRT");
  rig_remove (bundle);
}

/* The reader of the log may truncate it: what comes then begins at its start. */
static void
test_log_can_be_truncated (void)
{
  char *bundle = rig_directory ();
  g_autofree char *path = g_build_filename (bundle, "worker.log", NULL);
  struct stat info;
  GPid shim = start (bundle, "echo before; touch armed; while ! test -e go; do sleep 0.01; done; echo after");
  g_free (rig_await_file (bundle, "armed"));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  rig_write (bundle, "go", "");
  g_assert_cmpint (wait_for_code (shim), ==, 0);
  assert_log (bundle, "after\n");
  rig_remove (bundle);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shim/exit-code", test_exit_code);
  g_test_add_func ("/shim/identity", test_identity);
  g_test_add_func ("/shim/killed", test_killed);
  g_test_add_func ("/shim/passes-signals-on", test_passes_signals_on);
  g_test_add_func ("/shim/ignores-sigterm", test_ignores_sigterm);
  g_test_add_func ("/shim/kills-what-is-left", test_kills_what_is_left);
  g_test_add_func ("/shim/worker-outlives-the-shim", test_worker_outlives_the_shim);
  g_test_add_func ("/shim/not-executable", test_not_executable);
  g_test_add_func ("/shim/not-limited", test_not_limited);
  g_test_add_func ("/shim/no-bundle", test_no_bundle);
  g_test_add_func ("/shim/usage", test_usage);
  g_test_add_data_func ("/shim/cgroup-v1", "oom_kill_disable 0\nunder_oom 0\noom_kill %d\n", test_cgroups);
  g_test_add_data_func ("/shim/cgroup-v2", "low 0\noom 7\noom_kill %d\noom_group_kill 9\n", test_cgroups);
  g_test_add_func ("/shim/real-cgroup", test_real_cgroup);
  g_test_add_func ("/shim/limits", test_limits);
  g_test_add_func ("/shim/clean-inheritance", test_clean_inheritance);
  g_test_add_func ("/shim/no-core", test_no_core);
  g_test_add_func ("/shim/log-can-be-truncated", test_log_can_be_truncated);
  return g_test_run ();
}
