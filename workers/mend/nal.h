/* What a picture of H.264 or H.265 is, by its NAL units with a length of 4 bytes before each. */
#pragma once

#include "disk.h"

G_BEGIN_DECLS

/* `encoding` as everywhere: h264, h265; every picture of another one is a keyframe. */
gboolean nal_is_keyframe (DiskWindow *window, guint64 at, guint64 end, const char *encoding);

/* FALSE for what is no frame at all: a power cut may leave zeros or old data where the last ones should be. */
gboolean nal_is_sound (DiskWindow *window, guint64 at, guint64 end, const char *encoding);
/* Only what is younger than the last sync can be so: nothing that is further from the end of the file. */
#define NAL_UNSURE (16 * 1024 * 1024)

G_END_DECLS
