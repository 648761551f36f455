#include "loop.h"
#include "clip.h"

/* The thread wakes at most this often; frames leave late by up to this much. Real cameras are no more exact. */
#define LEAST_SLEEP_US 4000

typedef struct
{
  Loop *loop;
  Feed *feed;
  const Clip *clip;
} Channel;

struct _Loop
{
  GMutex lock;
  GCond woken;
  gboolean awake; /* somebody waits since the last round */
  GPtrArray *channels;
  GHashTable *clips; /* path -> Clip */
  gint64 started;
};

/* Where a viewer is. Times are of the monotonic clock. */
typedef struct
{
  gint64 origin; /* time of the clip's decoding time 0 in this round */
  guint lead;    /* next frame of the leading track */
  guint follow;  /* next frame of the other one */
  gint64 follow_at;
  gint64 rewind_at; /* the other track begins anew with its first frame from then on; G_MAXINT64: already did */
} Position;

/* One look at all viewers of one channel. */
typedef struct
{
  const Channel *channel;
  gint64 now;
  gint64 next; /* when the next frame is due */
} Round;

static const ClipFrame *
frame_at (const ClipTrack *track, guint index)
{
  return &g_array_index (track->frames, ClipFrame, index);
}

/* To the keyframe at or before the place where the clip, played since the start of the process, would be; it is due
 * now. */
static void
position_begin (Position *position, const Channel *channel, gint64 now)
{
  const ClipTrack *lead = &channel->clip->tracks[0];
  gint64 elapsed = (now - channel->loop->started) % lead->period;
  gint64 start;

  position->lead = 0;
  for (guint i = 0; i < lead->frames->len && frame_at (lead, i)->dts <= elapsed; i++)
    if (frame_at (lead, i)->keyframe)
      position->lead = i;
  position->origin = now - frame_at (lead, position->lead)->dts;
  position->rewind_at = G_MAXINT64;
  if (channel->clip->n_tracks < 2)
    return;
  start = frame_at (lead, position->lead)->pts;
  position->follow = 0;
  while (position->follow + 1 < channel->clip->tracks[1].frames->len
         && frame_at (&channel->clip->tracks[1], position->follow)->pts < start)
    position->follow++;
  position->follow_at = position->origin + start;
}

static void
give (const Channel *channel, Viewer *viewer, guint track, const ClipFrame *clip_frame, gint64 pts, gint64 dts)
{
  FeedFrame frame = { .track = track,
                      .buffer = clip_frame->buffer,
                      .caps = channel->clip->tracks[track].caps,
                      .pts = (GstClockTime)pts,
                      .dts = (GstClockTime)dts,
                      .keyframe = clip_frame->keyframe };

  feed_give (channel->feed, viewer, &frame);
}

/* Gives the frames of the leading track that are due; returns when the next one is. */
static gint64
play_lead (const Channel *channel, Viewer *viewer, gint64 now)
{
  Position *position = viewer->position;
  const ClipTrack *track = &channel->clip->tracks[0];
  const ClipFrame *frame = frame_at (track, position->lead);

  while (position->origin + frame->dts <= now) {
    give (channel, viewer, 0, frame, position->origin + frame->pts, position->origin + frame->dts);
    if (++position->lead == track->frames->len) {
      position->lead = 0;
      position->origin += track->period;
      position->rewind_at = position->origin + frame_at (track, 0)->pts;
    }
    frame = frame_at (track, position->lead);
  }
  return position->origin + frame->dts;
}

static gint64
step_to_next (const ClipTrack *track, guint index)
{
  if (frame_at (track, index)->duration > 0)
    return frame_at (track, index)->duration;
  if (index + 1 < track->frames->len)
    return frame_at (track, index + 1)->pts - frame_at (track, index)->pts;
  return track->period - (frame_at (track, index)->pts - frame_at (track, 0)->pts);
}

static gint64
play_follower (const Channel *channel, Viewer *viewer, gint64 now)
{
  Position *position = viewer->position;
  const ClipTrack *track = &channel->clip->tracks[1];

  while (position->follow_at <= now) {
    if (position->follow_at >= position->rewind_at) {
      position->follow = 0;
      position->rewind_at = G_MAXINT64;
    }
    give (channel, viewer, 1, frame_at (track, position->follow), position->follow_at, position->follow_at);
    position->follow_at += step_to_next (track, position->follow);
    position->follow = (position->follow + 1) % track->frames->len;
  }
  return position->follow_at;
}

static void
play (Feed *feed, Viewer *viewer, gpointer user_data)
{
  Round *round = user_data;

  if (viewer->waiting) {
    if (!feed_can_begin (feed, viewer)) {
      round->next = MIN (round->next, round->now + 100 * GST_MSECOND);
      return;
    }
    if (viewer->position == NULL)
      viewer->position = g_new0 (Position, 1);
    position_begin (viewer->position, round->channel, round->now);
  }
  round->next = MIN (round->next, play_lead (round->channel, viewer, round->now));
  if (round->channel->clip->n_tracks > 1)
    round->next = MIN (round->next, play_follower (round->channel, viewer, round->now));
}

/* Returns when the next frame of any viewer is due, in nanoseconds. */
static gint64
play_all (Loop *self)
{
  gint64 next = G_MAXINT64;

  for (guint i = 0; i < self->channels->len; i++) {
    const Channel *channel = self->channels->pdata[i];
    Round round = { .channel = channel, .now = g_get_monotonic_time () * 1000, .next = G_MAXINT64 };

    feed_each_viewer (channel->feed, play, &round);
    next = MIN (next, round.next);
  }
  return next;
}

static gpointer
run (gpointer user_data)
{
  Loop *self = user_data;

  g_mutex_lock (&self->lock);
  for (;;) {
    gint64 next;

    self->awake = FALSE;
    next = play_all (self);
    if (next == G_MAXINT64) {
      while (!self->awake)
        g_cond_wait (&self->woken, &self->lock);
    } else {
      gint64 until = MAX (next / 1000, g_get_monotonic_time () + LEAST_SLEEP_US);

      while (!self->awake && g_cond_wait_until (&self->woken, &self->lock, until))
        ;
    }
  }
  return NULL;
}

static void
wake (gpointer producer)
{
  Channel *channel = producer;

  g_mutex_lock (&channel->loop->lock);
  channel->loop->awake = TRUE;
  g_cond_signal (&channel->loop->woken);
  g_mutex_unlock (&channel->loop->lock);
}

Loop *
loop_new (void)
{
  Loop *self = g_new0 (Loop, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->woken);
  self->channels = g_ptr_array_new ();
  self->clips = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)clip_free);
  self->started = g_get_monotonic_time () * 1000;
  g_thread_unref (g_thread_new ("loop", run, self));
  return self;
}

static const Clip *
find_clip (Loop *self, const char *path, GError **error)
{
  Clip *clip = g_hash_table_lookup (self->clips, path);

  if (clip != NULL)
    return clip;
  clip = clip_load (path, error);
  if (clip != NULL)
    g_hash_table_insert (self->clips, g_strdup (path), clip);
  return clip;
}

Feed *
loop_add_file (Loop *self, const char *path, GError **error)
{
  const Clip *clip = find_clip (self, path, error);
  const Codec *codecs[FEED_MAX_TRACKS];
  Channel *channel;

  if (clip == NULL)
    return NULL;
  for (guint i = 0; i < clip->n_tracks; i++)
    codecs[i] = clip->tracks[i].codec;
  channel = g_new0 (Channel, 1);
  channel->loop = self;
  channel->clip = clip;
  channel->feed = feed_new (codecs, clip->n_tracks);
  feed_set_producer (channel->feed, wake, channel);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->channels, channel);
  g_mutex_unlock (&self->lock);
  return channel->feed;
}
