/* The moov of a finished MP4 file, made from that of a fragmented one and the samples of its fragments. */
#pragma once

#include "mp4-track.h"

G_BEGIN_DECLS

/* `moov` is the body of the fragmented file's. (transfer full) */
GByteArray *mp4_index_build (Span moov, const GArray *tracks);

/* When the last track ends, in `timescale`s a second. */
guint64 mp4_index_duration (const GArray *tracks, guint32 timescale);

G_END_DECLS
