/* Names of encodings: from caps and SDP to the encodings dslrs knows. */
#pragma once

#include "hub.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name; /* h264 … ; NULL where dslrs has no chain for it */
  const char
      *chain; /* suffix of pipelines/track-<chain>.launch: the name, except where RTP packs one encoding in two ways */
  Media media;
  char said[64]; /* what the source called it, for messages */
} Encoding;

/* FALSE when `caps` are no audio or video at all (an application track, a subtitle). */
gboolean encoding_from_caps (const GstCaps *caps, Encoding *encoding);

G_END_DECLS
