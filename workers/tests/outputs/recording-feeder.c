/* Records a clip over and over at its own pace, and kills itself: `recording-feeder FOLDER FORMAT EVERY-MS SOUND
 * SILENCE FRAMES MICROSECONDS DISK`, that is so long after so many frames. What it says last is how many frames went to
 * the recorder, and how long ago the last one did. SOUND and SILENCE are the frames with which the sound begins and
 * stops; -1: it does not. FRAMES 0: nobody is killed. DISK is `well`; or `slow`: what is written takes its time, and
 * FRAMES are counted from when there are two files; or `hung`: no file gets another name, and FRAMES are counted from
 * when one should. */
#include "faults.h"
#include "recorder-rig.h"
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOW_MS 10

typedef gboolean (*Event) (const char *folder);

typedef struct
{
  RecorderRig rig;
  gint sound_from;
  gint sound_until;
  Event await; /* NULL: frames are counted */
  guint kill_at;
  gulong kill_after_us;
  gint pushed;      /* atomic */
  gint64 pushed_us; /* atomic */
} Feeder;

static gpointer
kill_later (gpointer user_data)
{
  Feeder *self = user_data;

  g_usleep (self->kill_after_us);
  gint pushed = g_atomic_int_get (&self->pushed);
  gint64 age_us = g_get_monotonic_time () - __atomic_load_n (&self->pushed_us, __ATOMIC_SEQ_CST);
  dprintf (STDOUT_FILENO, "{\"pushed\":%d,\"ageUs\":%" G_GINT64_FORMAT "}\n", pushed, age_us);
  kill (getpid (), SIGKILL);
  return NULL;
}

static void
count_from_event (Feeder *self, guint next)
{
  if (self->await == NULL || !self->await (self->rig.directory))
    return;
  self->await = NULL;
  self->kill_at += next;
}

static gboolean
feed (gpointer user_data)
{
  Feeder *self = user_data;
  guint next = (guint)self->pushed;
  gboolean begun = self->sound_from >= 0 && next >= (guint)self->sound_from;
  gboolean stopped = self->sound_until >= 0 && next >= (guint)self->sound_until;

  count_from_event (self, next);
  if (self->await == NULL && self->kill_at > 0 && next + 1 == self->kill_at)
    g_thread_unref (g_thread_new ("killer", kill_later, self));
  clip_push (self->rig.clip, self->rig.hub, 1, next, next + 1, begun && !stopped);
  __atomic_store_n (&self->pushed_us, g_get_monotonic_time (), __ATOMIC_SEQ_CST);
  g_atomic_int_inc (&self->pushed);
  return G_SOURCE_CONTINUE;
}

/* Where no sound is announced none is waited for. */
static void
begin (Feeder *self)
{
  const Track video = { .media = MEDIA_VIDEO, .encoding = g_intern_static_string ("h264") };

  if (self->sound_from >= 0)
    clip_begin (self->rig.clip, self->rig.hub, 1);
  else
    hub_begin_life (self->rig.hub, 1, &video, 1);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  guint count = 0;
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    count += g_file_test (path, G_FILE_TEST_IS_DIR) ? count_files (path) : 1;
  }
  return count;
}

static gboolean
are_two_files (const char *folder)
{
  return count_files (folder) > 1;
}

static gboolean
is_hung (const char *folder)
{
  return g_atomic_int_get (&faults_get ()->fired) > 0;
}

static void
order_disk (Feeder *self, const char *disk)
{
  Faults *faults = faults_get ();

  if (g_str_equal (disk, "well"))
    return;
  gboolean slow = g_str_equal (disk, "slow");
  faults_set_root (self->rig.directory);
  faults->op = slow ? FAULT_WRITE : FAULT_RENAME;
  faults->persistent = 1;
  faults->delay_ms = slow ? SLOW_MS : 0;
  faults->hang = !slow;
  faults->nth = 1;
  self->await = slow ? are_two_files : is_hung;
}

int
main (int argc, char **argv)
{
  Feeder self = { 0 };

  if (argc != 9)
    return 2;
  gst_init (&argc, &argv);
  recorder_rig_set_up (&self.rig, NULL);
  rig_remove (self.rig.directory);
  self.rig.directory = g_strdup (argv[1]);
  self.sound_from = atoi (argv[4]);
  self.sound_until = atoi (argv[5]);
  self.kill_at = (guint)atoi (argv[6]);
  self.kill_after_us = (gulong)atol (argv[7]);
  order_disk (&self, argv[8]);
  recorder_rig_start (&self.rig, argv[2], atoi (argv[3]));
  begin (&self);
  g_timeout_add (CLIP_FRAME_TIME / GST_MSECOND, feed, &self);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
