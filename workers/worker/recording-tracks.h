/* Which tracks the recorder has to expect in a file: those it knows of, with their present format. */
#pragma once

#include "container.h"
#include "hub.h"

G_BEGIN_DECLS

typedef struct _RecordingTracks RecordingTracks;

typedef enum
{
  TRACK_SAME,
  TRACK_APPEARED,
  TRACK_RETURNED, /* the first of it in this life of the ingest */
  TRACK_CHANGED   /* another format */
} TrackNews;

/* `known`: (transfer full) (element-type Track). */
RecordingTracks *recording_tracks_new (GPtrArray *known);
void recording_tracks_free (RecordingTracks *self);

TrackNews recording_tracks_note (RecordingTracks *self, const HubFrame *frame);
/* What recording_tracks_note() would say. */
TrackNews recording_tracks_news (RecordingTracks *self, const HubFrame *frame);
/* A new life of the ingest: the tracks of the last one are expected, but none has been seen. */
void recording_tracks_forget_seen (RecordingTracks *self);

/* Whether frames of every track came that is expected: those of the last life, and as many as the source has. */
gboolean recording_tracks_complete (RecordingTracks *self);
gboolean recording_tracks_have_video (RecordingTracks *self);
/* A file may begin with it. */
gboolean recording_tracks_begin_gop (RecordingTracks *self, const HubFrame *frame);
/* Encoding of the first video track, or NULL. */
const char *recording_tracks_video (RecordingTracks *self);

/* The tracks seen that `container` takes: (transfer full) (element-type Track). For each of the others `left_out` is
 * called the first time. */
typedef void (*TrackLeftOut) (const Container *container, const char *encoding, gpointer user_data);
GPtrArray *recording_tracks_select (RecordingTracks *self, const Container *container, TrackLeftOut left_out,
                                    gpointer user_data);

G_END_DECLS
