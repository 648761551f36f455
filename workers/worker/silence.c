#include "silence.h"

#include <string.h>

/* ISO/IEC 14496-3, 4.4.2.1: a raw_data_block of one single_channel_element (or channel_pair_element) with max_sfb 0,
 * then ID_END. */
static const guint8 aac_mono[] = { 0x00, 0x00, 0x00, 0x07 };
static const guint8 aac_stereo[] = { 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e };

static GstBuffer *
copy_of (const guint8 *bytes, gsize size)
{
  return gst_buffer_new_memdup (bytes, size);
}

static GstBuffer *
filled (guint8 value, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, value, size);
  return buffer;
}

/* RFC 6716, 3.1 and 3.4: a packet that is only its table-of-contents byte is a lost frame, which decoders conceal and
 * fade out. */
static GstBuffer *
opus_silence (GstBuffer *like)
{
  guint8 toc = 0;

  if (gst_buffer_extract (like, 0, &toc, 1) != 1)
    return NULL;
  toc &= 0xfc; /* one frame */
  return copy_of (&toc, 1);
}

GstBuffer *
silence_new (const char *encoding, GstCaps *caps, GstBuffer *like)
{
  GstBuffer *buffer = NULL;
  gint channels = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &channels);
  if (strcmp (encoding, "aac") == 0 && channels == 1)
    buffer = copy_of (aac_mono, sizeof aac_mono);
  else if (strcmp (encoding, "aac") == 0 && channels == 2)
    buffer = copy_of (aac_stereo, sizeof aac_stereo);
  else if (strcmp (encoding, "opus") == 0)
    buffer = opus_silence (like);
  else if (strcmp (encoding, "pcma") == 0)
    buffer = filled (0xd5, gst_buffer_get_size (like));
  else if (strcmp (encoding, "pcmu") == 0)
    buffer = filled (0xff, gst_buffer_get_size (like));
  return buffer;
}
