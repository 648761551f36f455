#include "ladder.h"

/* A frame that is so late takes the viewer one rung down. A keyframe may take a good part of a second on a line that
 * bears the stream. */
static const gint64 too_late_us[] = {
  [LADDER_ALL] = 1 * G_USEC_PER_SEC,
  [LADDER_REFERENCE] = 2 * G_USEC_PER_SEC,
  [LADDER_KEYFRAMES] = 4 * G_USEC_PER_SEC,
  [LADDER_SKIPPING] = G_MAXINT64,
};
/* Nothing that is later waits on a good line. */
#define IN_TIME_US (200 * 1000)
/* Room enough to go on after skipping. */
#define ROOM_US (500 * 1000)
/* Frames that are further apart prove the line for no longer than that. */
#define PROOF_US G_USEC_PER_SEC

#define NEEDED_US (4 * G_USEC_PER_SEC)
#define MOST_NEEDED_US (64 * G_USEC_PER_SEC)
/* Who falls so soon after a climb climbed too early. */
#define TOO_EARLY_US (10 * G_USEC_PER_SEC)
/* Reports come every few seconds: a climb has to wait for what they say of the rung. */
#define NEEDED_WITH_REPORTS_US (12 * G_USEC_PER_SEC)

/* Fewer packets than that say nothing of a line; reports of fewer are taken together. */
#define LEAST_PACKETS 20
/* A report soon after a step speaks of the time before it. */
#define REPORT_LAG_US (2 * G_USEC_PER_SEC)
#define LOSS_DOWN 0.1
#define LOSS_GOOD 0.02
/* Packets that pile up on the way. Alone it takes nobody down: a source whose frames come in bursts looks like that. */
#define JITTER_GOOD_US (250 * 1000)

const char *
ladder_rung_name (LadderRung rung)
{
  switch (rung) {
  case LADDER_ALL:
    return "all";
  case LADDER_REFERENCE:
    return "reference";
  case LADDER_KEYFRAMES:
    return "keyframes";
  case LADDER_SKIPPING:
    return "skipping";
  }
  g_assert_not_reached ();
}

static gint64
least_needed_us (const Ladder *self)
{
  return self->reports ? NEEDED_WITH_REPORTS_US : NEEDED_US;
}

static Ladder
on_rung (Ladder self, LadderRung rung, gint64 now_us)
{
  self.climbed = rung < self.rung;
  self.rung = rung;
  self.since_us = now_us;
  self.good_us = 0;
  self.expected = 0;
  self.lost = 0;
  return self;
}

static Ladder
down_to (Ladder self, LadderRung rung, gint64 now_us)
{
  gboolean too_early = self.climbed && now_us - self.since_us < TOO_EARLY_US;
  /* On the way down from one fall the proof that is needed stays as it is. */
  gboolean settled = self.rung == LADDER_ALL && !self.substream && !too_early;

  if (too_early)
    self.needed_us = MIN (2 * MAX (self.needed_us, least_needed_us (&self)), MOST_NEEDED_US);
  else if (settled)
    self.needed_us = 0;
  return on_rung (self, rung, now_us);
}

static gboolean
is_proved (const Ladder *self)
{
  return self->good_us >= MAX (self->needed_us, least_needed_us (self));
}

static Ladder
prove (Ladder self, gint64 now_us, gint64 since_us)
{
  self.good_us += MIN (now_us - since_us, PROOF_US);
  if (self.rung == LADDER_ALL || !is_proved (&self))
    return self;
  return on_rung (self, self.rung - 1, now_us);
}

Ladder
ladder_after_frame (Ladder self, const LadderQueue *queue)
{
  gint64 since_us = self.judged_us != 0 ? self.judged_us : queue->now_us;
  gint64 late_us = self.substream ? MIN (queue->late_us, queue->now_us - self.taken_us) : queue->late_us;

  self.judged_us = queue->now_us;
  if (queue->full)
    return self.rung == LADDER_SKIPPING ? self : down_to (self, LADDER_SKIPPING, queue->now_us);
  if (late_us > too_late_us[self.rung])
    return down_to (self, self.rung + 1, queue->now_us);
  if (self.rung == LADDER_SKIPPING && late_us <= ROOM_US) {
    Ladder next = on_rung (self, LADDER_KEYFRAMES, queue->now_us);
    next.climbed = FALSE;
    return next;
  }
  if (late_us <= IN_TIME_US && !self.is_lossy)
    return prove (self, queue->now_us, since_us);
  self.good_us = 0;
  return self;
}

Ladder
ladder_after_report (Ladder self, const LadderReport *report)
{
  gboolean is_fresh = self.since_us == 0 || report->now_us - self.since_us >= REPORT_LAG_US;

  self.expected += report->expected;
  self.lost += report->lost;
  if (self.expected < LEAST_PACKETS)
    return self;
  double loss = (double)self.lost / (double)self.expected;
  self.expected = 0;
  self.lost = 0;
  self.reports = TRUE;
  self.is_lossy = loss > LOSS_GOOD || report->jitter_us > JITTER_GOOD_US;
  if (loss > LOSS_DOWN && is_fresh && self.rung < LADDER_KEYFRAMES)
    return down_to (self, self.rung + 1, report->now_us);
  return self;
}

Ladder
ladder_take_substream (Ladder self, gint64 now_us)
{
  self = on_rung (self, LADDER_ALL, now_us);
  self.climbed = FALSE;
  self.substream = TRUE;
  self.taken_us = now_us;
  return self;
}

gboolean
ladder_may_leave_substream (const Ladder *self)
{
  return self->substream && self->rung == LADDER_ALL && is_proved (self);
}

Ladder
ladder_leave_substream (Ladder self, gint64 now_us)
{
  self = on_rung (self, LADDER_ALL, now_us);
  self.climbed = TRUE;
  self.substream = FALSE;
  return self;
}

Ladder
ladder_lose_substream (Ladder self, gint64 now_us)
{
  self = on_rung (self, MAX (self.rung, LADDER_REFERENCE), now_us);
  self.climbed = FALSE;
  self.substream = FALSE;
  return self;
}
