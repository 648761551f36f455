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
  g_autoptr (GPtrArray) tracks = hub_get_all_tracks (self->hub);
  g_autoptr (GstCaps) list = tap_tracks_to_caps (tracks, now > pts ? now - pts : 0);

  gdp_append_caps (packets, TAP_ALL_TRACKS, list);
}

void
tap_packets_append (TapPackets *self, const HubFrame *frame, GstClockTime begin, GByteArray *packets)
{
  guint8 slot = self->kind == TAP_ALL ? (guint8)frame->track : 0;

  if (!self->opened && self->kind == TAP_ALL)
    append_tracks (self, frame, packets);
  else if (!self->opened)
    append_opening (self, frame, begin, packets);
  self->opened = TRUE;
  if (self->caps[slot] != frame->caps)
    gdp_append_caps (packets, slot, frame->caps);
  gst_caps_replace (&self->caps[slot], frame->caps);
  gdp_append_buffer_header (packets, slot, frame->buffer);
}
