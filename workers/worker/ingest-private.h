/* Shared by the kinds of ingest: ingest-rtsp*.c, ingest-launch.c, ingest-file.c, ingest-stream.c. */
#pragma once

#include "ingest.h"

G_BEGIN_DECLS

typedef struct
{
  /* Builds and starts it; a failure is told by ingest_fail(). */
  void (*start) (Ingest *ingest, JsonObject *source);
  /* On the main thread: removes what the kind has on the main loop (timers, watches). Must not block. May be NULL. */
  void (*detach) (Ingest *ingest);
  /* Ends its threads and frees its state; `pipeline` goes to NULL afterwards. May block, and runs on a thread of its
   * own when the main loop goes on: nothing in it may rely on the main thread. May be NULL. */
  void (*stop) (Ingest *ingest);
  /* See ingest_position_ms(). May be NULL. */
  gint64 (*position_ms) (Ingest *ingest);
} IngestKind;

struct _Ingest
{
  IngestSettings settings;
  const IngestKind *kind;
  GstElement *pipeline; /* NULL for files, which have one a pass, and for streams */
  guint bus_watch;
  guint connect_timer;
  guint first_frame_timer;
  gboolean ended;
  gint connected; /* atomic */
  GMutex lock;
  gboolean detached;    /* under the lock, as the next */
  GSource *fail_source; /* set once, by the first ingest_fail() */
  gpointer state;       /* of the kind */
};

extern const IngestKind ingest_rtsp; /* becomes one of the next two */
extern const IngestKind ingest_rtsp_tcp;
extern const IngestKind ingest_rtspsrc;
extern const IngestKind ingest_test;
extern const IngestKind ingest_pipeline;
extern const IngestKind ingest_file;
extern const IngestKind ingest_stream;

/* Ends the life, from any thread; only the first counts. (transfer full) */
void ingest_fail (Ingest *ingest, JsonNode *failure);

/* The source has answered, though its tracks are not known yet: `connectTimeout` is averted. From any thread. */
void ingest_set_connected (Ingest *ingest);

/* The source has answered with these tracks: hub_begin_life(), unless the ingest was detached meanwhile. From any
 * thread. */
void ingest_begin_life (Ingest *ingest, const Track *tracks, guint n_tracks);

/* Makes `ingest->pipeline` with its bus watched. */
void ingest_make_pipeline (Ingest *ingest);
void ingest_play (Ingest *ingest);

/* Adds pipelines/track-<chain_name>.launch to the pipeline and links `pad` to it: to its depayloader for RTP, else to
 * its parser. Frames go to hub track `index`. */
gboolean ingest_add_track (Ingest *ingest, GstPad *pad, guint index, const char *chain_name);

/* A track's chain by itself, for a reader with a pipeline of its own: returns the bin added to `pipeline`, `sink` its
 * appsink. */
GstElement *ingest_load_chain (const char *pipelines, GstBin *pipeline, const char *name, gboolean rtp,
                               GstElement **sink, GError **error);

G_END_DECLS
