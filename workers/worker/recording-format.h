/* Which container a file gets and which tracks go into it; what does not fit is said once. */
#pragma once

#include "recording-status.h"
#include "recording-tracks.h"

G_BEGIN_DECLS

typedef struct
{
  RecordingStatus *status;   /* not owned */
  RecordingTracks *tracks;   /* not owned */
  const Container *replaced; /* the one asked for, where it cannot hold the video */
} RecordingFormat;

/* `wanted`, or the one that can hold the video. */
const Container *recording_format_choose (RecordingFormat *self, const Container *wanted);
/* (transfer full) (element-type Track) */
GPtrArray *recording_format_select (RecordingFormat *self, const Container *container);

G_END_DECLS
