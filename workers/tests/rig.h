/* What the tests of processes share: temporary directories, children that are always reaped, sockets that give up in
 * the end. Everything fails the test by itself. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longer than anything takes; a test that waits so long hangs. */
#define RIG_PATIENCE_S 20

/* A new directory; removed with all that is in it by rig_remove(). (transfer full) */
char *rig_directory (void);
void rig_remove (char *directory);

void rig_write (const char *directory, const char *name, const char *text);
/* (transfer full), or NULL if there is no such file. */
char *rig_read (const char *directory, const char *name);
/* Waits until the file is there. (transfer full) */
char *rig_await_file (const char *directory, const char *name);
/* Waits until the file is there and has `text` in it. */
void rig_await_text (const char *directory, const char *name, const char *text);

/* Starts `argv`, in a process group of its own. `error_file`, if not NULL, takes its standard error. `setup`, if not
 * NULL, runs in the child. */
GPid rig_spawn (char **argv, const char *error_file, GSpawnChildSetupFunc setup, gpointer user_data);
/* The status as of waitpid(). */
int rig_wait (GPid pid);
/* Kills and reaps, as the end of a test. */
void rig_kill (GPid pid);
/* The first child of `pid` that is another than `former`; waits for it. */
GPid rig_await_child (GPid pid, GPid former);
/* Waits until `pid` is no more, or a zombie. */
void rig_await_death (GPid pid);
/* User and system time so far, in clock ticks. */
guint64 rig_cpu_ticks (GPid pid);

/* A TCP port of the loopback that nobody has, and that nobody is given by chance. */
guint16 rig_free_port (void);
/* Connected; reading gives up after RIG_PATIENCE_S. -1 if refused. */
int rig_connect (guint16 port);
int rig_connect_unix (const char *directory, const char *name);
void rig_send (int fd, const char *text);
/* Waits for exactly `length` bytes. (transfer full) */
char *rig_receive (int fd, gsize length);
/* Waits for the end of the stream; a reset is one if `may_reset`. (transfer full) */
char *rig_receive_all (int fd, gboolean may_reset);
/* One line without its end. (transfer full) */
char *rig_receive_line (int fd);

/* How many descriptors the process has. */
guint rig_count_descriptors (void);

G_END_DECLS
