#include "viewer-tracks.h"
#include "encoding.h"

static gboolean
has_video_like (GPtrArray *tracks, GstCaps *caps)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = g_ptr_array_index (tracks, i);
    if (track->media == MEDIA_VIDEO && gst_structure_has_name (gst_caps_get_structure (track->caps, 0), name))
      return TRUE;
  }
  return FALSE;
}

/* (transfer full) */
static Track *
track_of_still (const HubFrame *still)
{
  Track *track = g_new0 (Track, 1);
  Encoding encoding = { 0 };

  encoding_from_caps (still->caps, &encoding);
  track->index = ANY_VIDEO;
  track->media = MEDIA_VIDEO;
  track->encoding = encoding.name;
  track->caps = gst_caps_ref (still->caps);
  return track;
}

GPtrArray *
viewer_tracks_to_show (Hub *hub, const HubFrame *still)
{
  GPtrArray *tracks = hub_get_tracks (hub);

  if (still != NULL && !has_video_like (tracks, still->caps)) {
    g_ptr_array_set_size (tracks, 0);
    g_ptr_array_add (tracks, track_of_still (still));
  }
  return tracks;
}

ViewerTrack *
viewer_tracks_video (GPtrArray *tracks)
{
  for (guint i = 0; i < tracks->len; i++) {
    ViewerTrack *track = g_ptr_array_index (tracks, i);
    if (track->track->media == MEDIA_VIDEO)
      return track;
  }
  return NULL;
}

ViewerTrack *
viewer_tracks_find (GPtrArray *tracks, const HubFrame *frame)
{
  ViewerTrack *video = viewer_tracks_video (tracks);

  if (video != NULL && video->track->index == ANY_VIDEO && frame->media == MEDIA_VIDEO)
    video->track->index = frame->track;
  for (guint i = 0; i < tracks->len; i++) {
    ViewerTrack *track = g_ptr_array_index (tracks, i);
    if (track->track->index == frame->track)
      return track;
  }
  return NULL;
}

gint64
viewer_tracks_late_us (GPtrArray *tracks)
{
  gint64 late = 0;

  for (guint i = 0; i < tracks->len; i++)
    late = MAX (late, viewer_track_late_us (g_ptr_array_index (tracks, i)));
  return late;
}

void
viewer_tracks_clear (GPtrArray *tracks)
{
  for (guint i = 0; i < tracks->len; i++)
    viewer_track_clear (g_ptr_array_index (tracks, i));
}
