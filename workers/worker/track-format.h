/* What a file says about a track before its frames: all that has to be equal for two files to become one track. */
#pragma once

#include "track.h"

G_BEGIN_DECLS

typedef struct
{
  Media media;
  const char *encoding; /* h264 h265 jpeg aac opus pcma pcmu; static */
  GBytes *codec_data;   /* parameter sets, or what the sound's decoder needs; NULL without */
  gint width;
  gint height;
  gint par_n; /* shape of a pixel */
  gint par_d;
  gint rate;
  gint channels;
} TrackFormat;

/* NULL for a track that dslrs does not know. (transfer full) */
TrackFormat *track_format_new (const GstCaps *caps);
void track_format_free (TrackFormat *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrackFormat, track_format_free)
TrackFormat *track_format_copy (const TrackFormat *self);

/* Whether frames of both can follow each other in one track. */
gboolean track_format_fits (const TrackFormat *self, const TrackFormat *other);

G_END_DECLS
