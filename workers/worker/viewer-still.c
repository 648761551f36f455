/* A viewer while its source is away: stills. */
#include "viewer-private.h"
#include "viewer-tracks.h"

/* Players look at the beginning of a stream for its frame rate before they show anything: a viewer who begins with a
 * still gets so many at once, as if they had been sent all the time. */
#define LEAD_IN_FRAMES 32
#define LEAD_IN_BYTES (2 * 1024 * 1024)
#define LEAD_IN_STEP (40 * GST_MSECOND)

static void
queue_still (Viewer *self, ViewerTrack *track, const HubFrame *still)
{
  if (self->flow.base == GST_CLOCK_TIME_NONE)
    viewer_begin_at (self, still);
  self->still = GST_BUFFER_PTS (still->buffer);
  self->gate.shut = TRUE;
  viewer_pass_on (self, track, still);
}

static gboolean
can_show (Viewer *self, const ViewerTrack *track, const HubFrame *still)
{
  return !self->is_over && !self->gate.ladder.substream && track != NULL && viewer_track_can_follow (track, still)
         && GST_BUFFER_PTS (still->buffer) > self->latest;
}

void
viewer_show_still (Viewer *self, const HubFrame *still)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);
  ViewerTrack *track = viewer_tracks_video (self->tracks);

  /* While pictures wait there is enough to show. */
  if (can_show (self, track, still) && track->waiting.length == 0)
    queue_still (self, track, still);
}

void
viewer_begin_with_still (Viewer *self, const HubFrame *still)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->flow.lock);
  GstClockTime now = GST_BUFFER_PTS (still->buffer);
  guint n = CLAMP (LEAD_IN_BYTES / MAX (gst_buffer_get_size (still->buffer), 1), 1, LEAD_IN_FRAMES);

  n = MIN (n, 1 + now / LEAD_IN_STEP);
  for (guint before = n; before-- > 0;) {
    g_autoptr (HubFrame) frame = frame_at (still, now - before * LEAD_IN_STEP, LEAD_IN_STEP);
    queue_still (self, viewer_tracks_video (self->tracks), frame);
  }
}
