/* dslrs-join: joins recorded files into one, without encoding anything. Reads one request on standard input, answers
 * with JSON lines; the last one has "ok". A signal removes what is unfinished and ends it with 130. */
#include "join.h"

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <linux/ioprio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_INTERRUPTED 130
#define LOWEST_BEST_EFFORT IOPRIO_PRIO_VALUE (IOPRIO_CLASS_BE, 7)
#define PROGRESS_US (200 * 1000)
#define MAX_REQUEST (64 * 1024 * 1024)

typedef struct
{
  gint64 told_us;
} Progress;

/* Nobody wants it any more. */
static void
leave_unfinished (void)
{
  out_file_remove_unfinished ();
  _exit (EXIT_INTERRUPTED);
}

static void
print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *line = json_to_string (root, FALSE);

  printf ("%s\n", line);
  if (fflush (stdout) != 0)
    leave_unfinished ();
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
on_progress (gint64 at_ms, gpointer user_data)
{
  Progress *self = user_data;
  gint64 now = g_get_monotonic_time ();
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (now - self->told_us < PROGRESS_US)
    return;
  self->told_us = now;
  json_builder_begin_object (builder);
  add_int (builder, "at", at_ms);
  json_builder_end_object (builder);
  print (builder);
}

static void
on_note (const char *text, gpointer user_data)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "note", text);
  json_builder_end_object (builder);
  print (builder);
}

static void
add_clips (JsonBuilder *builder, const GArray *clips)
{
  json_builder_set_member_name (builder, "outputs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < clips->len; i++) {
    const Clip *clip = &g_array_index (clips, Clip, i);

    json_builder_begin_object (builder);
    add_string (builder, "path", clip->path);
    add_int (builder, "durationMs", clip->duration_ms);
    add_int (builder, "frames", (gint64)clip->frames);
    add_int (builder, "from", clip->from_ms);
    add_int (builder, "to", clip->to_ms);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_gaps (JsonBuilder *builder, const GArray *gaps)
{
  json_builder_set_member_name (builder, "gaps");
  json_builder_begin_array (builder);
  for (guint i = 0; i < gaps->len; i++) {
    const Gap *gap = &g_array_index (gaps, Gap, i);

    json_builder_begin_object (builder);
    add_int (builder, "from", gap->from_ms);
    add_int (builder, "to", gap->to_ms);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

/* `joined` may be NULL. */
static void
answer (const Joined *joined, const GError *error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "ok");
  json_builder_add_boolean_value (builder, error == NULL);
  if (error != NULL)
    add_string (builder, "message", error->message);
  if (joined != NULL) {
    add_clips (builder, joined->clips);
    add_gaps (builder, joined->gaps);
  }
  json_builder_end_object (builder);
  print (builder);
}

static Request *
read_request (GError **error)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  guint8 data[65536];
  gsize size;

  while (text->len < MAX_REQUEST && (size = fread (data, 1, sizeof data, stdin)) > 0)
    g_byte_array_append (text, data, (guint)size);
  return request_parse ((const char *)text->data, text->len, error);
}

/* Waits on its own thread: the others may hang in a disk. */
static gpointer
wait_for_signal (gpointer signals)
{
  int signal;

  sigwait (signals, &signal);
  leave_unfinished ();
  return NULL;
}

static void
heed_signals (void)
{
  static sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGHUP);
  sigprocmask (SIG_BLOCK, &signals, NULL);
  signal (SIGPIPE, SIG_IGN);
  g_thread_unref (g_thread_new ("signals", wait_for_signal, &signals));
}

/* Recording comes first. Threads that are made from here on inherit both. */
static void
lower_priority (void)
{
  setpriority (PRIO_PROCESS, 0, 19);
  syscall (SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, LOWEST_BEST_EFFORT);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  lower_priority ();
  heed_signals ();
  /* Whoever asked is gone: nobody wants it. */
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  gst_init (&argc, &argv);
  g_autoptr (Request) request = read_request (&error);
  if (request == NULL) {
    answer (NULL, error);
    return EXIT_FAILURE;
  }
  Progress progress = { 0 };
  const JoinTold told = { .progress = on_progress, .note = on_note, .user_data = &progress };
  Joined joined;
  gboolean done = join_run (request, &told, &joined, &error);
  answer (&joined, error);
  joined_clear (&joined);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
