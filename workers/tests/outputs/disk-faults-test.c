/* Every call on the disk fails once, and from then on, with everything a disk says, and hangs: call after call, until a
 * run has no call left that could. Nobody who watches misses a frame, and what has its final name is whole. The
 * argument is the format. */
#include "faults.h"
#include "recorder-rig.h"
#include "rig.h"

#include <errno.h>
#include <gst/gst.h>
#include <string.h>

/* One file, and the beginning of another. */
#define FRAMES 12
#define PACE_US 1500
#define EVERY_MS (CLIP_GOP * CLIP_FRAME_TIME / GST_MSECOND)

typedef enum
{
  ONCE,
  FROM_THEN_ON,
  HANG
} FaultHow;

typedef struct
{
  Clip *clip;
  const char *format;
  FaultOp op;
  FaultHow how;
  int error;
} Case;

static void
on_live_frame (const HubFrame *frame, gpointer user_data)
{
  if (frame->media == MEDIA_VIDEO)
    ++*(guint *)user_data;
}

static void
on_stopped (Output *output, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_stopped (gpointer user_data)
{
  return *(gboolean *)user_data;
}

static gboolean
is_stopped_or_hangs (gpointer user_data)
{
  return is_stopped (user_data) || g_atomic_int_get (&faults_get ()->fired) > 0;
}

/* What hangs goes on once it is seen that it does. */
static void
stop (RecorderRig *self)
{
  gboolean stopped = FALSE;

  self->recorder->funcs->stop (self->recorder, on_stopped, &stopped);
  reports_run_until (is_stopped_or_hangs, &stopped);
  g_atomic_int_set (&faults_get ()->hang, 0);
  reports_run_until (is_stopped, &stopped);
}

/* Frames of the clip that follow one another, as many as were told of. */
static void
assert_whole (RecorderRig *self, const char *path, gint64 frames)
{
  g_autoptr (GPtrArray) found = clip_digests_of_file (path, MEDIA_VIDEO);
  g_autoptr (GPtrArray) all = clip_digests (self->clip->video);
  guint first = 0;

  g_assert_cmpuint (found->len, ==, frames);
  g_assert_true (g_ptr_array_find_with_equal_func (all, found->pdata[0], g_str_equal, &first));
  recorder_rig_assert_same (found, self->clip->video, first, found->len);
}

static guint
count_finished (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint count = 0;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      count += count_finished (path);
    else
      count += g_str_has_suffix (name, ".mkv") || g_str_has_suffix (name, ".mp4");
  }
  return count;
}

/* A file may be told of as broken that has its name all the same: when nobody knows whether the folder is on the disk.
 */
static void
assert_files_whole (RecorderRig *self)
{
  guint named = 0;

  for (guint i = 0; i < self->reports->seen->len; i++) {
    JsonNode *report = g_ptr_array_index (self->reports->seen, i);
    JsonObject *members = json_node_get_object (report);

    if (!g_str_equal (report_string (report, "type"), "segmentClosed"))
      continue;
    gboolean exists = g_file_test (report_string (report, "path"), G_FILE_TEST_EXISTS);
    if (json_object_get_boolean_member_with_default (members, "whole", FALSE))
      g_assert_true (exists);
    if (!exists)
      continue;
    assert_whole (self, report_string (report, "path"), report_int (report, "frames"));
    named++;
  }
  g_assert_cmpuint (count_finished (self->directory), ==, named);
}

static void
order_fault (const RecorderRig *self, const Case *wanted, gint nth)
{
  Faults *faults = faults_get ();

  faults_reset ();
  faults_set_root (self->directory);
  faults->op = (gint)wanted->op;
  faults->nth = nth;
  faults->persistent = wanted->how == FROM_THEN_ON;
  faults->error = wanted->error;
  faults->hang = wanted->how == HANG;
}

/* A file is made while frames come: much faster than life, but not all at once. */
static void
push_frames (RecorderRig *self)
{
  clip_begin (self->clip, self->hub, 1);
  for (guint i = 0; i < FRAMES; i++) {
    clip_push (self->clip, self->hub, 1, i, i + 1, TRUE);
    g_usleep (PACE_US);
  }
}

/* All runs have the same clip. */
static void
set_up (RecorderRig *self, Clip *clip)
{
  self->directory = rig_directory ();
  self->hub = hub_new ();
  self->reports = reports_new ();
  self->clip = clip;
  self->context = (OutputContext){
    .hub = self->hub,
    .reporter = self->reports->reporter,
    .pipelines = g_getenv ("DSLRS_TEST_PIPELINES"),
  };
}

static void
tear_down (RecorderRig *self)
{
  self->recorder->funcs->free (self->recorder);
  reports_free (self->reports);
  hub_free (self->hub);
  rig_remove (self->directory);
}

/* The kernel tells of a sync that failed once: the file must not pass for whole. */
static void
assert_stays_part (const char *file)
{
  if (!g_str_has_suffix (file, ".part"))
    return; /* none had data in it */
  g_autofree char *final = g_strndup (file, strlen (file) - strlen (".part"));
  g_assert_false (g_file_test (final, G_FILE_TEST_EXISTS));
}

/* FALSE when there were fewer calls than that. */
static gboolean
run (const Case *wanted, gint nth)
{
  static const HubSinkFuncs live = { .frame = on_live_frame };
  RecorderRig self = { 0 };
  guint seen = 0;

  set_up (&self, wanted->clip);
  order_fault (&self, wanted, nth);
  guint viewer = hub_attach (self.hub, &live, &seen, HUB_LIVE_ONLY, NULL);
  recorder_rig_start (&self, wanted->format, EVERY_MS);
  push_frames (&self);
  g_assert_cmpuint (seen, ==, FRAMES);
  stop (&self);

  gboolean fired = faults_get ()->fired > 0;
  faults_set_root (NULL);
  assert_files_whole (&self);
  if (fired && wanted->op == FAULT_SYNC && wanted->how == ONCE)
    assert_stays_part (faults_last_file ());
  hub_detach (self.hub, viewer);
  tear_down (&self);
  return fired;
}

static void
test_each_call (gconstpointer data)
{
  const Case *wanted = data;
  gint nth = 1;

  while (run (wanted, nth))
    nth++;
  g_test_message ("%d calls", nth - 1);
}

static const struct
{
  const char *name;
  FaultOp op;
  int error;
} faults_of_disks[] = {
  { "open-read-only", FAULT_OPEN, EROFS },     { "write-full", FAULT_WRITE, ENOSPC },
  { "write-broken", FAULT_WRITE, EIO },        { "sync-broken", FAULT_SYNC, EIO },
  { "rename-broken", FAULT_RENAME, EIO },      { "mkdir-full", FAULT_MKDIR, ENOSPC },
  { "truncate-full", FAULT_TRUNCATE, ENOSPC },
};

static void
add_cases (const char *format, Clip *clip)
{
  static const char *const hows[] = { "once", "from-then-on", "hangs" };

  for (guint i = 0; i < G_N_ELEMENTS (faults_of_disks); i++)
    for (FaultHow how = ONCE; how <= HANG; how++) {
      g_autofree char *path = g_strdup_printf ("/disk-faults/%s/%s/%s", format, faults_of_disks[i].name, hows[how]);
      Case wanted = {
        .clip = clip,
        .format = format,
        .op = faults_of_disks[i].op,
        .how = how,
        .error = how == HANG ? 0 : faults_of_disks[i].error,
      };
      g_test_add_data_func_full (path, g_memdup2 (&wanted, sizeof wanted), test_each_call, g_free);
    }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  Clip *clip = clip_new ();
  add_cases (argv[1], clip);
  int result = g_test_run ();
  clip_free (clip);
  return result;
}
