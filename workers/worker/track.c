#include "track.h"

void
track_free (Track *track)
{
  gst_clear_caps (&track->caps);
  g_free (track);
}

Track *
track_dup (const Track *track)
{
  Track *copy = g_new (Track, 1);

  *copy = *track;
  if (copy->caps != NULL)
    gst_caps_ref (copy->caps);
  return copy;
}

GPtrArray *
tracks_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)track_free);
}

GPtrArray *
tracks_copy (const Track *tracks, guint n_tracks)
{
  GPtrArray *copy = tracks_new ();

  for (guint i = 0; i < n_tracks; i++) {
    Track *track = track_dup (&tracks[i]);
    track->index = i;
    g_ptr_array_add (copy, track);
  }
  return copy;
}

gboolean
tracks_equal (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const Track *one = g_ptr_array_index (a, i);
    const Track *other = g_ptr_array_index (b, i);
    if (one->media != other->media || one->encoding != other->encoding)
      return FALSE;
  }
  return TRUE;
}

gint
tracks_primary (GPtrArray *tracks)
{
  for (guint i = 0; i < tracks->len; i++)
    if (((Track *)g_ptr_array_index (tracks, i))->media == MEDIA_VIDEO)
      return (gint)i;
  return -1;
}
