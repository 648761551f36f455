/* Whether a video frame out of a file is what it claims to be, by its structure alone: an overwritten stretch of a file
 * rarely looks like frames. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  FRAME_SOUND,
  FRAME_SOUND_KEYFRAME, /* nothing before it is needed */
  FRAME_DAMAGED
} FrameHealth;

/* `caps`: of the demuxer's pad. Of encodings that cannot be judged every frame is sound. */
FrameHealth frame_check (GstBuffer *buffer, const GstCaps *caps);

G_END_DECLS
