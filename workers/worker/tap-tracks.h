/* How the tracks of a stream are told at the beginning of a connection between workers: a packet of caps, one structure
 * a track, and how long ago the first frame of the connection was made. */
#pragma once

#include "track.h"

G_BEGIN_DECLS

/* Stands for all tracks in a packet's header. */
#define TAP_ALL_TRACKS 255
/* More are not carried. */
#define TAP_MAX_TRACKS 16

/* (transfer full) */
GstCaps *tap_tracks_to_caps (GPtrArray *tracks, GstClockTime age);
/* An array of Track without caps, (transfer full); NULL when that is no such list. */
GArray *tap_tracks_from_caps (const GstCaps *caps, GstClockTime *age);

G_END_DECLS
