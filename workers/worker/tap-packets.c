#include "tap-packets.h"
#include "gdp.h"

void
tap_packets_init (TapPackets *self, Hub *hub, TapKind kind)
{
  *self = (TapPackets){ .hub = hub, .kind = kind };
}

void
tap_packets_clear (TapPackets *self)
{
  for (guint i = 0; i < TAP_MAX_TRACKS; i++)
    gst_clear_caps (&self->caps[i]);
  g_clear_pointer (&self->tracks, g_ptr_array_unref);
}

/* The buffers keep the time of the hub's clock; where a reader's running time begins is for the segment to say. */
static void
append_opening (TapPackets *self, const HubFrame *frame, GstClockTime begin, GByteArray *packets)
{
  g_autoptr (GstEvent) event = NULL;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = begin;
  segment.position = begin;
  segment.time = 0;
  event = gst_event_new_stream_start ("dslrs");
  gdp_append_event (packets, event);
  gdp_append_caps (packets, 0, frame->caps);
  gst_event_replace (&event, NULL);
  event = gst_event_new_segment (&segment);
  gdp_append_event (packets, event);
  gst_caps_replace (&self->caps[0], frame->caps);
}

static void
append_tracks (TapPackets *self, const HubFrame *frame, GByteArray *packets)
{
  GstClockTime now = hub_now (self->hub);
  GstClockTime pts = GST_BUFFER_PTS (frame->buffer);
  g_autoptr (GstCaps) list = NULL;

  self->tracks = hub_get_all_tracks (self->hub);
  self->told_life = frame->life;
  list = tap_tracks_to_caps (self->tracks, now > pts ? now - pts : 0);
  gdp_append_caps (packets, TAP_ALL_TRACKS, list);
}

/* Whether the list of tracks is still what the frames are of: a life that takes over may have others. */
static gboolean
is_as_told (TapPackets *self, const HubFrame *frame)
{
  if (self->told_life == frame->life)
    return TRUE;
  self->told_life = frame->life;
  g_autoptr (GPtrArray) tracks = hub_get_all_tracks (self->hub);
  return tracks_equal (tracks, self->tracks);
}

gboolean
tap_packets_append (TapPackets *self, const HubFrame *frame, GstClockTime begin, GByteArray *packets)
{
  guint8 slot = self->kind == TAP_ALL ? (guint8)frame->track : 0;

  if (!self->opened && self->kind == TAP_ALL)
    append_tracks (self, frame, packets);
  else if (!self->opened)
    append_opening (self, frame, begin, packets);
  self->opened = TRUE;
  if (self->kind == TAP_ALL && !is_as_told (self, frame))
    return FALSE;
  if (self->caps[slot] != frame->caps)
    gdp_append_caps (packets, slot, frame->caps);
  gst_caps_replace (&self->caps[slot], frame->caps);
  gdp_append_buffer_header (packets, slot, frame->buffer);
  return TRUE;
}
