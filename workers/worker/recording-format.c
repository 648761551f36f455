#include "recording-format.h"

const Container *
recording_format_choose (RecordingFormat *self, const Container *wanted)
{
  const char *video = recording_tracks_video (self->tracks);
  const Container *chosen = video != NULL ? container_for_video (wanted, video) : wanted;

  if (chosen != wanted && wanted != self->replaced)
    recording_status_warn (self->status, "%s cannot hold %s: recorded as %s", wanted->name, video, chosen->name);
  self->replaced = chosen != wanted ? wanted : NULL;
  return chosen;
}

static void
on_left_out (const Container *container, const char *encoding, gpointer user_data)
{
  recording_status_warn (((RecordingFormat *)user_data)->status, "%s cannot hold %s: recorded without it",
                         container->name, encoding);
}

GPtrArray *
recording_format_select (RecordingFormat *self, const Container *container)
{
  return recording_tracks_select (self->tracks, container, on_left_out, self);
}
