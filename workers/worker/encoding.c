#include "encoding.h"

#include <string.h>

typedef struct
{
  const char *said;
  const char *name;
} Known;

/* RTP encoding names (RFC 3551 and the payload formats' own). */
static const Known rtp_names[] = {
  { "H264", "h264" },     { "H265", "h265" }, { "JPEG", "jpeg" }, { "MPEG4-GENERIC", "aac" },
  { "MP4A-LATM", "aac" }, { "OPUS", "opus" }, { "PCMA", "pcma" }, { "PCMU", "pcmu" },
};

static const Known caps_names[] = {
  { "video/x-h264", "h264" }, { "video/x-h265", "h265" }, { "image/jpeg", "jpeg" },
  { "audio/x-opus", "opus" }, { "audio/x-alaw", "pcma" }, { "audio/x-mulaw", "pcmu" },
};

static const char *
find (const Known *known, gsize n_known, const char *said)
{
  for (gsize i = 0; i < n_known; i++)
    if (g_ascii_strcasecmp (known[i].said, said) == 0)
      return known[i].name;
  return NULL;
}

static gboolean
from_rtp (const GstStructure *structure, Encoding *encoding)
{
  const char *media = gst_structure_get_string (structure, "media");
  const char *said = gst_structure_get_string (structure, "encoding-name");

  if (media == NULL || (strcmp (media, "video") != 0 && strcmp (media, "audio") != 0))
    return FALSE;
  encoding->media = strcmp (media, "video") == 0 ? MEDIA_VIDEO : MEDIA_AUDIO;
  g_strlcpy (encoding->said, said != NULL ? said : "unnamed", sizeof encoding->said);
  encoding->name = find (rtp_names, G_N_ELEMENTS (rtp_names), encoding->said);
  encoding->chain = g_ascii_strcasecmp (encoding->said, "MP4A-LATM") == 0 ? "aac-latm" : encoding->name;
  return TRUE;
}

static gboolean
is_aac (const GstStructure *structure)
{
  gint version = 0;

  return gst_structure_has_name (structure, "audio/mpeg")
         && (!gst_structure_get_int (structure, "mpegversion", &version) || version == 2 || version == 4);
}

gboolean
encoding_from_caps (const GstCaps *caps, Encoding *encoding)
{
  if (caps == NULL || gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return FALSE;

  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *name = gst_structure_get_name (structure);
  if (strcmp (name, "application/x-rtp") == 0)
    return from_rtp (structure, encoding);
  if (!g_str_has_prefix (name, "video/") && !g_str_has_prefix (name, "audio/") && !g_str_has_prefix (name, "image/"))
    return FALSE;
  encoding->media = g_str_has_prefix (name, "audio/") ? MEDIA_AUDIO : MEDIA_VIDEO;
  g_strlcpy (encoding->said, name, sizeof encoding->said);
  encoding->name = is_aac (structure) ? "aac" : find (caps_names, G_N_ELEMENTS (caps_names), name);
  encoding->chain = encoding->name;
  return TRUE;
}
