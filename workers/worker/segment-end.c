/* How a segment ends: its tracks, and what comes of it. */
#include "segment-private.h"

void
segment_end (Segment *self, JsonNode *failure)
{
  EndedHow how = failure == NULL ? ENDED_WHOLE : ENDED_BROKEN;

  if (g_atomic_int_compare_and_exchange (&self->ended_how, NOT_ENDED, how))
    self->ended (self, failure, self->user_data);
  else if (failure != NULL)
    json_node_unref (failure);
}

gboolean
segment_has_sound (Segment *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);

    if (track->media == MEDIA_AUDIO)
      return TRUE;
  }
  return FALSE;
}

static void
end_tracks (Segment *self, Media media, GPtrArray *after)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);

    if (track->media == media)
      feed_end (track->feed, after);
  }
}

static GPtrArray *
feeds_of_sound (Segment *self)
{
  GPtrArray *feeds = g_ptr_array_new ();

  for (guint i = 0; i < self->tracks->len; i++) {
    const SegmentTrack *track = &g_array_index (self->tracks, SegmentTrack, i);

    if (track->media == MEDIA_AUDIO)
      g_ptr_array_add (feeds, track->feed);
  }
  return feeds;
}

void
segment_finish (Segment *self, const char *reason)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) sound = feeds_of_sound (self);

  g_warn_if_fail (reason != NULL);
  self->finishing = TRUE;
  self->reason = reason != NULL ? reason : "error";
  end_tracks (self, MEDIA_AUDIO, none);
  end_tracks (self, MEDIA_VIDEO, sound);
}

void
segment_fail (Segment *self, JsonNode *failure)
{
  segment_end (self, failure);
}

gboolean
segment_is_broken (Segment *self)
{
  return g_atomic_int_get (&self->ended_how) == ENDED_BROKEN;
}

gboolean
segment_is_whole (Segment *self)
{
  return self->finishing && g_atomic_int_get (&self->ended_how) == ENDED_WHOLE;
}
