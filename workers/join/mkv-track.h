/* What an MKV file says of a track. */
#pragma once

#include "mkv-element.h"
#include "track-format.h"

G_BEGIN_DECLS

void mkv_put_track (GByteArray *out, const TrackFormat *format, guint number);

G_END_DECLS
