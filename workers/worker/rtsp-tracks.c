#include "rtsp-tracks.h"
#include "encoding.h"

#include <stdlib.h>

void
rtsp_tracks_init (RtspTracks *self)
{
  self->tracks = g_array_new (FALSE, TRUE, sizeof (Track));
  self->chains = g_ptr_array_new ();
  self->caps = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_caps_unref);
  self->by_media = g_array_new (FALSE, TRUE, sizeof (gint));
}

void
rtsp_tracks_clear (RtspTracks *self)
{
  g_array_unref (self->tracks);
  g_ptr_array_unref (self->chains);
  g_ptr_array_unref (self->caps);
  g_array_unref (self->by_media);
}

/* RFC 3551 fixes what these payload types are; a description need not say it. */
static void
add_static_payload (GstStructure *structure, gint payload_type)
{
  static const struct
  {
    gint payload_type;
    const char *encoding;
    gint rate;
  } fixed[] = { { 0, "PCMU", 8000 }, { 8, "PCMA", 8000 }, { 26, "JPEG", 90000 } };

  if (gst_structure_has_field (structure, "encoding-name"))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++)
    if (fixed[i].payload_type == payload_type)
      gst_structure_set (structure, "encoding-name", G_TYPE_STRING, fixed[i].encoding, "clock-rate", G_TYPE_INT,
                         fixed[i].rate, NULL);
}

/* (transfer full); NULL for what is no RTP, or not described at all. */
static GstCaps *
caps_of_media (const GstSDPMessage *sdp, const GstSDPMedia *media)
{
  const char *format = gst_sdp_media_get_format (media, 0);
  gboolean is_described = format != NULL && g_ascii_isdigit (*format);
  gint payload_type = is_described ? atoi (format) : -1;
  GstCaps *caps = is_described ? gst_sdp_media_get_caps_from_media (media, payload_type) : NULL;

  if (caps == NULL)
    return NULL;
  gst_sdp_message_attributes_to_caps (sdp, caps);
  gst_sdp_media_attributes_to_caps (media, caps);
  /* caps_from_media leaves the name "application/x-unknown". */
  gst_structure_set_name (gst_caps_get_structure (caps, 0), "application/x-rtp");
  add_static_payload (gst_caps_get_structure (caps, 0), payload_type);
  return caps;
}

/* Sound that the camera would play, not send (ONVIF's back channel). */
static gboolean
is_back_channel (const GstSDPMedia *media)
{
  return gst_sdp_media_get_attribute_val (media, "sendonly") != NULL;
}

static gint
add_track (RtspTracks *self, const Encoding *encoding, GstCaps *caps)
{
  const Track track = { .media = encoding->media, .encoding = encoding->name };

  g_array_append_val (self->tracks, track);
  g_ptr_array_add (self->chains, (gpointer)encoding->chain);
  g_ptr_array_add (self->caps, gst_caps_ref (caps));
  return (gint)self->tracks->len - 1;
}

static Media
media_of (const RtspTracks *self, guint index)
{
  return g_array_index (self->tracks, Track, index).media;
}

guint
rtsp_tracks_reference (const RtspTracks *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (media_of (self, i) == MEDIA_VIDEO)
      return i;
  return 0;
}

static gboolean
have_video (const RtspTracks *self)
{
  return self->tracks->len > 0 && media_of (self, rtsp_tracks_reference (self)) == MEDIA_VIDEO;
}

JsonNode *
rtsp_tracks_choose (RtspTracks *self, const GstSDPMessage *sdp, Reporter *reporter)
{
  g_autoptr (GString) unknown = g_string_new (NULL);
  gboolean unknown_video = FALSE;

  g_array_set_size (self->tracks, 0);
  g_array_set_size (self->by_media, 0);
  g_ptr_array_set_size (self->chains, 0);
  g_ptr_array_set_size (self->caps, 0);
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);
    g_autoptr (GstCaps) caps = caps_of_media (sdp, media);
    Encoding encoding = { 0 };
    gint index = RTSP_NOT_TAKEN;

    if (!encoding_from_caps (caps, &encoding) || is_back_channel (media)) {
      reporter_log (reporter, "debug", "rtsp", "medium %u is neither video nor audio, not taken", i);
    } else if (encoding.name == NULL) {
      g_string_append_printf (unknown, "%s%s", unknown->len > 0 ? ", " : "", encoding.said);
      unknown_video |= encoding.media == MEDIA_VIDEO;
    } else {
      index = add_track (self, &encoding, caps);
    }
    g_array_append_val (self->by_media, index);
  }
  if (unknown_video && !have_video (self))
    return failure_new ("unsupportedEncoding", "The camera offers video only as %s, which dslrs does not take.",
                        unknown->str);
  if (self->tracks->len == 0 && unknown->len > 0)
    return failure_new ("unsupportedEncoding", "The camera offers only %s, which dslrs does not take.", unknown->str);
  if (self->tracks->len == 0)
    return failure_new ("noTracks", "The camera's session description holds no video and no audio.");
  if (unknown->len > 0)
    reporter_log (reporter, "warn", "rtsp", "not taken, the encoding is not supported: %s", unknown->str);
  return NULL;
}

gint
rtsp_tracks_of_media (const RtspTracks *self, guint media)
{
  return media < self->by_media->len ? g_array_index (self->by_media, gint, media) : RTSP_NOT_TAKEN;
}
