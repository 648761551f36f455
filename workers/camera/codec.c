#include "codec.h"

/* config-interval=-1: parameter sets before every keyframe, as cameras do it, so that a client may join anywhere.
 * G.711 has no parser; decoding and encoding it again loses nothing and yields the durations. */
static const Codec codecs[] = {
  { "h264", TRUE, "video/x-h264,stream-format=avc,alignment=au", "h264parse",
    "rtph264pay config-interval=-1 aggregate-mode=zero-latency", -1 },
  { "h265", TRUE, "video/x-h265,stream-format=hvc1,alignment=au", "h265parse",
    "rtph265pay config-interval=-1 aggregate-mode=zero-latency", -1 },
  { "jpeg", TRUE, "image/jpeg", "jpegparse", "rtpjpegpay", 26 },
  { "aac", FALSE, "audio/mpeg,mpegversion=4,stream-format=raw", "aacparse", "rtpmp4gpay", -1 },
  { "opus", FALSE, "audio/x-opus,channel-mapping-family=0", "opusparse", "rtpopuspay", -1 },
  { "pcma", FALSE, "audio/x-alaw", "alawdec ! alawenc", "rtppcmapay", 8 },
  { "pcmu", FALSE, "audio/x-mulaw", "mulawdec ! mulawenc", "rtppcmupay", 0 },
};

const Codec *
codec_for_encoding (const char *encoding)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (g_str_equal (codecs[i].encoding, encoding))
      return &codecs[i];
  return NULL;
}

const Codec *
codec_for_caps (GstCaps *caps)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++) {
    g_autoptr (GstCaps) known = gst_caps_from_string (codecs[i].caps);

    if (g_str_equal (name, gst_structure_get_name (gst_caps_get_structure (known, 0))))
      return &codecs[i];
  }
  return NULL;
}
