/* The encodings the simulated camera can send, and how each travels. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  const char *encoding; /* as in docs/worker-protocol.md: h264 h265 jpeg aac opus pcma pcmu */
  gboolean video;
  const char
      *caps; /* the one form in which it passes through this program: what the payloader takes without searching */
  const char *parse;     /* launch text that makes that form of what a file holds */
  const char *payloader; /* launch text */
  int payload_type;      /* static RTP payload type, or -1 */
} Codec;

/* NULL if there is none. Both results are static. */
const Codec *codec_for_encoding (const char *encoding);
const Codec *codec_for_caps (GstCaps *caps);

G_END_DECLS
