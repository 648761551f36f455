/* What a reader of a tap is sent before the media of each frame: packets of the GStreamer Data Protocol (gdp.h). For
 * one thread. */
#pragma once

#include "hub.h"
#include "tap-tracks.h"

G_BEGIN_DECLS

typedef enum
{
  TAP_VIDEO, /* the picture as gdpdepay reads it: running time begins at 0 */
  TAP_SOUND, /* the same of the sound */
  TAP_ALL    /* for another worker: a list of the tracks, then all of them (tap-tracks.h); ends with the ingest */
} TapKind;

typedef struct
{
  Hub *hub;
  TapKind kind;
  gboolean opened;
  GstCaps *caps[TAP_MAX_TRACKS]; /* as they were sent */
} TapPackets;

void tap_packets_init (TapPackets *self, Hub *hub, TapKind kind);
void tap_packets_clear (TapPackets *self);

/* `begin`: on the hub's clock, where the reader's running time begins. */
void tap_packets_append (TapPackets *self, const HubFrame *frame, GstClockTime begin, GByteArray *packets);

G_END_DECLS
