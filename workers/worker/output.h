/* What the worker asks of every kind of output. Recorder (recorder.c), RTSP server (server.c) and tap (tap.c) implement
 * it. All functions are called on the main thread. */
#pragma once

#include "hub.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _Output Output;
typedef struct _RtspService RtspService;
typedef void (*OutputStopped) (Output *output, gpointer user_data);

typedef struct
{
  /* Applies changed settings in place: the `output` object of addOutput. FALSE with `error` if they are not valid;
   * nothing changed then. */
  gboolean (*change) (Output *output, JsonObject *settings, GError **error);
  /* Finishes what is open (a file gets its end, viewers a TEARDOWN) and calls `stopped` once, on the main thread,
   * within 2 s. */
  void (*stop) (Output *output, OutputStopped stopped, gpointer user_data);
  /* New file at the next keyframe; NULL where it means nothing. */
  void (*rotate) (Output *output);
  /* Carries out the order `trigger`; FALSE with `error` where it waits for none. NULL where it means nothing. */
  gboolean (*trigger) (Output *output, JsonObject *order, GError **error);
  /* Reports its viewers. NULL where it has none. */
  void (*list_viewers) (Output *output);
  /* Ends the viewer of that number; FALSE when it has none. NULL where it has none ever. */
  gboolean (*end_viewer) (Output *output, guint number);
  /* Adds the members of the output's stats to the open object in `builder`: state and what its kind adds. */
  void (*stats) (Output *output, JsonBuilder *builder);
  void (*free) (Output *output);
} OutputFuncs;

struct _Output
{
  const OutputFuncs *funcs;
  char *id;         /* owned by the implementation */
  const char *kind; /* static: record, rtsp, tap */
};

/* What an output is given; lives longer than any output. */
typedef struct
{
  Hub *hub;
  Reporter *reporter;
  const char *pipelines;     /* directory of the .launch files */
  RtspService *rtsp_service; /* of the RTSP outputs, which share it: NULL to begin with */
  gint last_viewer;          /* its number; atomic, and 0 to begin with */
} OutputContext;

/* Of that kind; NULL with `error`. */
Output *output_new (OutputContext *context, const char *kind, JsonObject *settings, GError **error);

/* Reports outputUp themselves once they work, outputDown when they fail; a failed output tries again by itself. */
Output *recorder_new (const OutputContext *context, JsonObject *settings, GError **error);
/* A mount of the worker's one RTSP server, which takes descriptors from `rtsp.sock` in the working directory. */
Output *server_new (OutputContext *context, JsonObject *settings, GError **error);
/* A Unix socket for other programs of this machine. */
Output *tap_new (const OutputContext *context, JsonObject *settings, GError **error);

G_END_DECLS
