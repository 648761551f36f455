/* The tracks of a stream. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  MEDIA_VIDEO,
  MEDIA_AUDIO
} Media;

/* What is known of one track. `encoding` is the suffix of pipelines/track-<encoding>.launch. */
typedef struct
{
  guint index;
  Media media;
  const char *encoding; /* interned: h264 h265 jpeg aac opus pcma pcmu */
  GstCaps *caps;        /* owned; NULL until the first frame came */
} Track;

void track_free (Track *track);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Track, track_free)
Track *track_dup (const Track *track);

/* Lists of tracks, owned: (element-type Track). */
GPtrArray *tracks_new (void);
/* Numbered in their order. */
GPtrArray *tracks_copy (const Track *tracks, guint n_tracks);
/* Whether the media and encodings are the same. */
gboolean tracks_equal (GPtrArray *a, GPtrArray *b);
/* Index of the video track whose keyframes begin a GOP; -1 without video. */
gint tracks_primary (GPtrArray *tracks);

G_END_DECLS
