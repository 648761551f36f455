#include "tap-tracks.h"
#include "encoding.h"

#define NAME "dslrs-track"

GstCaps *
tap_tracks_to_caps (GPtrArray *tracks, GstClockTime age)
{
  GstCaps *caps = gst_caps_new_empty ();

  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = g_ptr_array_index (tracks, i);

    gst_caps_append_structure (caps, gst_structure_new (NAME, "video", G_TYPE_BOOLEAN, track->media == MEDIA_VIDEO,
                                                        "encoding", G_TYPE_STRING, track->encoding, "age",
                                                        G_TYPE_UINT64, (guint64)age, NULL));
  }
  return caps;
}

GArray *
tap_tracks_from_caps (const GstCaps *caps, GstClockTime *age)
{
  guint n = gst_caps_get_size (caps);
  g_autoptr (GArray) tracks = g_array_sized_new (FALSE, TRUE, sizeof (Track), n);

  if (gst_caps_is_any (caps) || n == 0 || n > TAP_MAX_TRACKS)
    return NULL;
  for (guint i = 0; i < n; i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    const char *encoding = gst_structure_get_string (structure, "encoding");
    gboolean video = FALSE;

    if (!gst_structure_has_name (structure, NAME) || encoding == NULL
        || !gst_structure_get_boolean (structure, "video", &video) || !gst_structure_get_uint64 (structure, "age", age))
      return NULL;
    Track track = {
      .index = i,
      .media = video ? MEDIA_VIDEO : MEDIA_AUDIO,
      .encoding = g_intern_string (encoding),
    };
    g_array_append_val (tracks, track);
  }
  return g_steal_pointer (&tracks);
}
