/* Records a clip over and over at its own pace, and kills itself: `recording-feeder FOLDER FORMAT EVERY-MS SOUND FRAMES
 * MICROSECONDS`, that is so long after so many frames. What it says last is how many frames went to the recorder, and
 * how long ago the last one did. SOUND: with so many frames sound comes; 0: it is not even announced. FRAMES 0: nobody
 * is killed. */
#include "recorder-rig.h"
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct
{
  RecorderRig rig;
  guint sound_until;
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

static gboolean
feed (gpointer user_data)
{
  Feeder *self = user_data;
  guint next = (guint)self->pushed;

  if (self->kill_at > 0 && next + 1 == self->kill_at)
    g_thread_unref (g_thread_new ("killer", kill_later, self));
  clip_push (self->rig.clip, self->rig.hub, 1, next, next + 1, next < self->sound_until);
  __atomic_store_n (&self->pushed_us, g_get_monotonic_time (), __ATOMIC_SEQ_CST);
  g_atomic_int_inc (&self->pushed);
  return G_SOURCE_CONTINUE;
}

/* Where no sound is announced none is waited for. */
static void
begin (Feeder *self)
{
  const Track video = { .media = MEDIA_VIDEO, .encoding = g_intern_static_string ("h264") };

  if (self->sound_until > 0)
    clip_begin (self->rig.clip, self->rig.hub, 1);
  else
    hub_begin_life (self->rig.hub, 1, &video, 1);
}

int
main (int argc, char **argv)
{
  Feeder self = { 0 };

  if (argc != 7)
    return 2;
  gst_init (&argc, &argv);
  recorder_rig_set_up (&self.rig, NULL);
  rig_remove (self.rig.directory);
  self.rig.directory = g_strdup (argv[1]);
  self.sound_until = (guint)atoi (argv[4]);
  self.kill_at = (guint)atoi (argv[5]);
  self.kill_after_us = (gulong)atol (argv[6]);
  recorder_rig_start (&self.rig, argv[2], atoi (argv[3]));
  begin (&self);
  g_timeout_add (CLIP_FRAME_TIME / GST_MSECOND, feed, &self);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
