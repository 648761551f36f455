#include "recording-tracks.h"
#include "encoding.h"
#include "frame.h"

typedef struct
{
  Track track;
  gboolean seen;
  const Container *left_out_of;
} Known;

struct _RecordingTracks
{
  GPtrArray *known; /* Known */
  guint n_tracks;   /* that the source has by its own word */
};

static void
known_free (gpointer data)
{
  Known *known = data;

  gst_clear_caps (&known->track.caps);
  g_free (known);
}

static Known *
find (RecordingTracks *self, guint index)
{
  for (guint i = 0; i < self->known->len; i++) {
    Known *known = g_ptr_array_index (self->known, i);
    if (known->track.index == index)
      return known;
  }
  return NULL;
}

/* Files have their picture first, and always the same order of tracks, whichever came first. */
static gboolean
belongs_before (const Track *track, const Known *other)
{
  if (track->media != other->track.media)
    return track->media == MEDIA_VIDEO;
  return track->index < other->track.index;
}

static Known *
add (RecordingTracks *self, guint index, Media media, GstCaps *caps)
{
  Known *known = g_new0 (Known, 1);
  Encoding encoding;

  known->track.index = index;
  known->track.media = media;
  known->track.caps = gst_caps_ref (caps);
  known->track.encoding = encoding_from_caps (caps, &encoding) && encoding.name != NULL ? encoding.name : "unknown";
  guint at = 0;
  while (at < self->known->len && !belongs_before (&known->track, g_ptr_array_index (self->known, at)))
    at++;
  g_ptr_array_insert (self->known, (gint)at, known);
  return known;
}

RecordingTracks *
recording_tracks_new (GPtrArray *known)
{
  RecordingTracks *self = g_new0 (RecordingTracks, 1);

  self->known = g_ptr_array_new_with_free_func (known_free);
  for (guint i = 0; i < known->len; i++) {
    const Track *track = g_ptr_array_index (known, i);
    add (self, track->index, track->media, track->caps);
  }
  g_ptr_array_unref (known);
  return self;
}

void
recording_tracks_free (RecordingTracks *self)
{
  g_ptr_array_unref (self->known);
  g_free (self);
}

static gboolean
has_format (const Known *known, GstCaps *caps)
{
  return known->track.caps == caps || gst_caps_is_equal (known->track.caps, caps);
}

TrackNews
recording_tracks_news (RecordingTracks *self, const HubFrame *frame)
{
  const Known *known = find (self, frame->track);

  if (known == NULL)
    return TRACK_APPEARED;
  if (!has_format (known, frame->caps))
    return TRACK_CHANGED;
  return known->seen ? TRACK_SAME : TRACK_RETURNED;
}

static void
forget (RecordingTracks *self, Known *known)
{
  guint index = 0;

  gst_clear_caps (&known->track.caps);
  g_ptr_array_find (self->known, known, &index);
  g_ptr_array_remove_index (self->known, index);
}

TrackNews
recording_tracks_note (RecordingTracks *self, const HubFrame *frame)
{
  TrackNews news = recording_tracks_news (self, frame);

  self->n_tracks = frame->n_tracks;
  if (news == TRACK_CHANGED)
    forget (self, find (self, frame->track));
  if (news == TRACK_CHANGED || news == TRACK_APPEARED)
    add (self, frame->track, frame->media, frame->caps);
  find (self, frame->track)->seen = TRUE;
  return news;
}

void
recording_tracks_forget_seen (RecordingTracks *self)
{
  for (guint i = 0; i < self->known->len; i++)
    ((Known *)g_ptr_array_index (self->known, i))->seen = FALSE;
}

gboolean
recording_tracks_complete (RecordingTracks *self)
{
  for (guint i = 0; i < self->known->len; i++)
    if (!((Known *)g_ptr_array_index (self->known, i))->seen)
      return FALSE;
  return self->known->len > 0 && self->known->len >= self->n_tracks;
}

const char *
recording_tracks_video (RecordingTracks *self)
{
  for (guint i = 0; i < self->known->len; i++) {
    const Known *known = g_ptr_array_index (self->known, i);
    if (known->track.media == MEDIA_VIDEO)
      return known->track.encoding;
  }
  return NULL;
}

gboolean
recording_tracks_have_video (RecordingTracks *self)
{
  return recording_tracks_video (self) != NULL;
}

gboolean
recording_tracks_begin_gop (RecordingTracks *self, const HubFrame *frame)
{
  return frame->keyframe && frame_counts (frame, !recording_tracks_have_video (self));
}

static Track *
track_copy (const Track *track)
{
  Track *copy = g_new (Track, 1);

  *copy = *track;
  gst_caps_ref (copy->caps);
  return copy;
}

GPtrArray *
recording_tracks_select (RecordingTracks *self, const Container *container, TrackLeftOut left_out, gpointer user_data)
{
  GPtrArray *selected = g_ptr_array_new_with_free_func ((GDestroyNotify)track_free);

  for (guint i = 0; i < self->known->len; i++) {
    Known *known = g_ptr_array_index (self->known, i);

    if (!known->seen)
      continue;
    if (container_takes (container, known->track.encoding)) {
      g_ptr_array_add (selected, track_copy (&known->track));
    } else if (known->left_out_of != container) {
      known->left_out_of = container;
      left_out (container, known->track.encoding, user_data);
    }
  }
  return selected;
}
