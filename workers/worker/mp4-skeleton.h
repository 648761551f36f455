/* The boxes of an MP4 file that say what its tracks are: a `moov` without samples. ISO/IEC 14496-12, -14 and -15. */
#pragma once

#include "track-format.h"

G_BEGIN_DECLS

/* The body of the moov: mvhd, and a trak for each format. Tracks count from 1. */
GByteArray *mp4_skeleton_new (guint32 timescale, guint n_tracks);
void mp4_skeleton_add_track (GByteArray *moov, guint32 id, const TrackFormat *format, guint32 timescale);

G_END_DECLS
