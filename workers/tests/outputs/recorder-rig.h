/* A recorder at a hub of its own, which writes into a temporary directory. */
#pragma once

#include "clip.h"
#include "output.h"
#include "reports.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory;
  Hub *hub;
  Reports *reports;
  OutputContext context;
  Output *recorder; /* NULL until it is started */
  Clip *clip;
} RecorderRig;

void recorder_rig_set_up (RecorderRig *self, gconstpointer data);
void recorder_rig_tear_down (RecorderRig *self, gconstpointer data);

/* The `output` of an order: (transfer full). `more` is JSON for further members, or "". */
JsonNode *recorder_rig_settings (RecorderRig *self, const char *format, int every_ms, const char *more);
void recorder_rig_start (RecorderRig *self, const char *format, int every_ms);
void recorder_rig_start_with (RecorderRig *self, const char *format, int every_ms, const char *more);
/* Returns when all files are closed. */
void recorder_rig_stop (RecorderRig *self);

/* The recorder's stats, as an object: (transfer full). */
JsonNode *recorder_rig_stats (RecorderRig *self);

/* Pushes the clip, over and over, as a camera would: 25 frames a second. */
typedef struct
{
  RecorderRig *rig;
  gboolean sound;
  guint64 life;
  gint64 begun_us;
  guint next; /* frame */
} LiveClip;

LiveClip live_clip_begin (RecorderRig *rig, guint64 life, gboolean sound);
/* Until a report of that type has come, which it takes: (transfer full). */
JsonNode *live_clip_await (LiveClip *self, const char *type);
/* Until frame `n` is next. */
void live_clip_run_to (LiveClip *self, guint n);

/* `found` are the `n` frames of `samples` from `from` on. */
void recorder_rig_assert_same (GPtrArray *found, GPtrArray *samples, guint from, guint n);
/* The same of the file of a segmentClosed. */
void recorder_rig_assert_video (JsonNode *closed, Clip *clip, guint from, guint n);

G_END_DECLS
