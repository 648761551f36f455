#include "damage-watch.h"

/* A pause is so many times longer than any usual step of the presentation times (which are steps of several frames
 * where pictures are reordered), and at least so long. */
#define PAUSE_STEPS 3
#define MIN_PAUSE (200 * GST_MSECOND)
/* Among steps of one length, the double one tells of a lost frame. */
#define LOSS_PERCENT 170
#define SAME_PERCENT 90
#define MIN_STEPS_KNOWN 8
/* No reordering reaches so far back: the time itself is damaged. */
#define MAX_BACK GST_SECOND

void
damage_watch_init (DamageWatch *self, gboolean loses_frames)
{
  *self = (DamageWatch){
    .loses_frames = loses_frames,
    .from = GST_CLOCK_TIME_NONE,
    .begin = GST_CLOCK_TIME_NONE,
    .newest = GST_CLOCK_TIME_NONE,
  };
}

static GstClockTime
longest_step (const DamageWatch *self)
{
  GstClockTime longest = 0;

  for (guint i = 0; i < MIN (self->n_steps, DAMAGE_STEPS); i++)
    longest = MAX (longest, self->steps[i]);
  return longest;
}

static gboolean
is_known (const DamageWatch *self, GstClockTime pts)
{
  return GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (self->newest);
}

/* Whether most steps are as long as the longest. */
static gboolean
is_steady (const DamageWatch *self)
{
  GstClockTime longest = longest_step (self);
  guint known = MIN (self->n_steps, DAMAGE_STEPS);
  guint alike = 0;

  for (guint i = 0; i < known; i++)
    alike += self->steps[i] * 100 >= longest * SAME_PERCENT;
  return 2 * alike > known;
}

static gboolean
follows_a_pause (const DamageWatch *self, GstClockTime pts)
{
  if (!is_known (self, pts) || self->n_steps < MIN_STEPS_KNOWN || pts <= self->newest)
    return FALSE;
  GstClockTime step = pts - self->newest;
  if (self->loses_frames && is_steady (self) && step * 100 > longest_step (self) * LOSS_PERCENT)
    return TRUE;
  return step > MAX (MIN_PAUSE, PAUSE_STEPS * longest_step (self));
}

static gboolean
leads_back (const DamageWatch *self, GstClockTime pts)
{
  return is_known (self, pts) && pts + MAX_BACK < self->newest;
}

static gboolean
refers_to_what_was_left_out (const DamageWatch *self, GstClockTime pts)
{
  return GST_CLOCK_TIME_IS_VALID (self->begin) && GST_CLOCK_TIME_IS_VALID (pts) && pts < self->begin;
}

static void
count (DamageWatch *self, GstClockTime pts)
{
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return;
  if (GST_CLOCK_TIME_IS_VALID (self->newest) && pts > self->newest)
    self->steps[self->n_steps++ % DAMAGE_STEPS] = pts - self->newest;
  if (!GST_CLOCK_TIME_IS_VALID (self->newest) || pts > self->newest)
    self->newest = pts;
}

static DamageVerdict
begin_skipping (DamageWatch *self, gboolean damaged, GstClockTime pts, guint64 byte)
{
  self->skipping = TRUE;
  self->is_damage = damaged;
  self->from = GST_CLOCK_TIME_IS_VALID (self->newest) ? self->newest : pts;
  self->from_byte = byte;
  return DAMAGE_BEGINS;
}

static DamageVerdict
end_skipping (DamageWatch *self, GstClockTime pts)
{
  self->skipping = FALSE;
  self->begin = pts;
  self->newest = pts;
  return DAMAGE_ENDS;
}

void
damage_watch_lose (DamageWatch *self)
{
  self->has_lost = TRUE;
}

DamageVerdict
damage_watch_judge (DamageWatch *self, FrameHealth health, GstClockTime pts, guint64 byte)
{
  gboolean is_keyframe = health == FRAME_SOUND_KEYFRAME;
  gboolean has_lost = self->has_lost;

  self->has_lost = FALSE;
  if (self->skipping)
    return is_keyframe ? end_skipping (self, pts) : DAMAGE_GOES_ON;
  if (health == FRAME_DAMAGED)
    return begin_skipping (self, TRUE, pts, byte);
  if (has_lost || follows_a_pause (self, pts) || leads_back (self, pts)) {
    DamageVerdict verdict = begin_skipping (self, FALSE, pts, byte);
    return is_keyframe || !self->loses_frames ? end_skipping (self, pts) : verdict;
  }
  if (refers_to_what_was_left_out (self, pts))
    return DAMAGE_GOES_ON;
  count (self, pts);
  return DAMAGE_NONE;
}
