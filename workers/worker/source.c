#include "source.h"
#include "ingest.h"
#include "json-read.h"
#include "keyframe-watch.h"
#include "monitor.h"
#include "suspicion.h"
#include "teardown.h"

#include <gio/gio.h>
#include <string.h>

#define DEFAULT_CONNECT_MS 5000
#define DEFAULT_FIRST_FRAME_MS 10000
#define DEFAULT_RETRY_MS 2000
/* Ended ingests that hang and are left behind; with more, only another process helps. */
#define MAX_HANGING 3
/* A keyframe may be missing for so many times as long as the first one may take. */
#define KEYFRAME_PATIENCE 4

typedef enum
{
  SOURCE_IDLE,
  SOURCE_STARTING,
  SOURCE_UP,
  SOURCE_DOWN
} Phase;

static const char *const phase_names[] = { "idle", "starting", "up", "down" };

typedef struct
{
  guint connect_ms;
  guint first_frame_ms;
  guint suspect_ms;
  guint retry_ms;
} Timing;

/* One life of the source. */
typedef struct
{
  guint64 life;   /* 0: there is none */
  Ingest *ingest; /* NULL: waits for the end of an earlier one */
  gint64 ordered_us;
} Run;

struct _Source
{
  Hub *hub;
  Reporter *reporter;
  const char *pipelines;
  Monitor *monitor;
  Suspicion *suspicion;
  KeyframeWatch *keyframe_watch;
  Teardown *teardown;

  Run present;
  Run staged;   /* takes the place of the present one at its first keyframe */
  guint64 life; /* the newest there was; `phase` is its phase */
  Phase phase;
  JsonObject *wanted; /* `source` of the last order, with its credentials */
  Timing timing;
  JsonNode *failure; /* why it is down */
  gboolean attended;
  guint retry_timer;
};

static JsonBuilder *
report_new (const char *type, guint64 life)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, type);
  json_builder_set_member_name (builder, "life");
  json_builder_add_int_value (builder, (gint64)life);
  return builder;
}

static void
report_send (Source *self, JsonBuilder *builder)
{
  json_builder_end_object (builder);
  reporter_send (self->reporter, json_builder_get_root (builder));
}

/* Does nothing for a run that is not. `failure`: (transfer full) */
static void
end_run (Source *self, Run *run, JsonNode *failure)
{
  const Run ended = *run;

  *run = (Run){ 0 };
  if (ended.life != 0) {
    g_autoptr (JsonBuilder) builder = report_new ("ingestDown", ended.life);
    json_builder_set_member_name (builder, "failure");
    json_builder_add_value (builder, json_node_copy (failure));
    report_send (self, builder);
  }
  if (ended.ingest != NULL) {
    ingest_detach (ended.ingest, json_read_string (json_node_get_object (failure), "reason", "internal"));
    teardown_take (self->teardown, ended.ingest);
  }
  json_node_unref (failure);
}

static void
end_both (Source *self, const char *message)
{
  suspicion_end (self->suspicion);
  end_run (self, &self->present, failure_new ("stopped", "%s", message));
  end_run (self, &self->staged, failure_new ("stopped", "%s", message));
}

static gboolean
is_final (JsonNode *failure)
{
  return strcmp (json_read_string (json_node_get_object (failure), "reason", ""), "fileEnded") == 0;
}

static void start_life (Source *self, Run *run, guint64 life);

static gboolean
on_retry (gpointer user_data)
{
  Source *self = user_data;

  self->retry_timer = 0;
  start_life (self, &self->present, self->life + 1);
  return G_SOURCE_REMOVE;
}

static void
retry_if_alone (Source *self)
{
  if (!self->attended && self->phase == SOURCE_DOWN && self->retry_timer == 0 && !is_final (self->failure))
    self->retry_timer = g_timeout_add (self->timing.retry_ms, on_retry, self);
}

/* The newest life has failed. `failure`: (transfer full) */
static void
fail (Source *self, Run *run, JsonNode *failure)
{
  suspicion_end (self->suspicion);
  if (run == &self->staged)
    end_run (self, &self->present, failure_new ("stopped", "The source that was to take its place has failed."));
  g_clear_pointer (&self->failure, json_node_unref);
  self->failure = json_node_copy (failure);
  self->phase = SOURCE_DOWN;
  end_run (self, run, failure);
  retry_if_alone (self);
}

static void
on_ended (Ingest *ingest, JsonNode *failure, gpointer user_data)
{
  Source *self = user_data;

  if (self->present.ingest == ingest && self->staged.life != 0) {
    suspicion_end (self->suspicion);
    end_run (self, &self->present, failure);
  } else {
    fail (self, self->staged.ingest == ingest ? &self->staged : &self->present, failure);
  }
}

/* What is left of a deadline that began with the order. */
static guint
left_ms (const Run *run, guint deadline_ms)
{
  gint64 waited_ms = (g_get_monotonic_time () - run->ordered_us) / 1000;

  return deadline_ms > 0 ? (guint)MAX ((gint64)deadline_ms - waited_ms, 1) : 0;
}

static void
start_ingest (Source *self, Run *run)
{
  const IngestSettings settings = {
    .hub = self->hub,
    .reporter = self->reporter,
    .pipelines = self->pipelines,
    .life = run->life,
    .connect_ms = left_ms (run, self->timing.connect_ms),
    .first_frame_ms = left_ms (run, self->timing.first_frame_ms),
    .ended = on_ended,
    .user_data = self,
  };

  if (teardown_hanging (self->teardown) >= MAX_HANGING) {
    fail (self, run, failure_new ("internal", "%u ended sources hang in this worker.", MAX_HANGING));
    return;
  }
  if (run == &self->staged)
    hub_stage_life (self->hub, run->life);
  run->ingest = ingest_start (&settings, self->wanted);
}

static gboolean
is_waiting (const Run *run)
{
  return run->life != 0 && run->ingest == NULL;
}

static void
on_teardown_quiet (gpointer user_data)
{
  Source *self = user_data;

  if (is_waiting (&self->present))
    start_ingest (self, &self->present);
  else if (is_waiting (&self->staged))
    start_ingest (self, &self->staged);
}

static void
start_life (Source *self, Run *run, guint64 life)
{
  self->life = life;
  self->phase = SOURCE_STARTING;
  *run = (Run){ .life = life, .ordered_us = g_get_monotonic_time () };
  if (!teardown_is_busy (self->teardown))
    start_ingest (self, run);
}

static void
on_first_frame (guint64 life, gpointer user_data)
{
  Source *self = user_data;

  if (life == self->staged.life) {
    end_run (self, &self->present, failure_new ("stopped", "Another source has taken its place."));
    self->present = self->staged;
    self->staged = (Run){ 0 };
  }
  if (life != self->present.life || self->staged.life != 0)
    return;
  g_autoptr (JsonBuilder) builder = report_new ("ingestUp", life);
  self->phase = SOURCE_UP;
  ingest_set_running (self->present.ingest);
  suspicion_begin (self->suspicion, life, self->timing.suspect_ms);
  monitor_add_tracks (self->monitor, builder);
  report_send (self, builder);
}

static void
on_keyframes_gone (guint64 life, guint seconds, gpointer user_data)
{
  Source *self = user_data;

  if (life != 0 && life == self->present.life && self->staged.life == 0)
    fail (self, &self->present, failure_new ("noKeyframe", "Pictures come, but for %u s no keyframe did.", seconds));
}

static Timing
read_timing (JsonObject *order)
{
  return (Timing){
    .connect_ms = (guint)json_read_int (order, "connectMs", DEFAULT_CONNECT_MS),
    .first_frame_ms = (guint)json_read_int (order, "firstFrameMs", DEFAULT_FIRST_FRAME_MS),
    .suspect_ms = (guint)json_read_int (order, "suspectMs", 0),
    .retry_ms = (guint)json_read_int (order, "retryMs", DEFAULT_RETRY_MS),
  };
}

/* Whether the present ingest goes on until the ordered one has its first keyframe. */
static gboolean
keeps_present (Source *self, JsonObject *order)
{
  gboolean has_video = self->present.life != 0 && (self->phase == SOURCE_UP || self->staged.life != 0);

  return has_video && strcmp (json_read_string (order, "replace", "now"), "atKeyframe") == 0;
}

gboolean
source_start (Source *self, JsonObject *order, GError **error)
{
  JsonNode *wanted = json_object_get_member (order, "source");
  gint64 life = json_read_int (order, "life", 0);

  if (wanted == NULL || !JSON_NODE_HOLDS_OBJECT (wanted) || life <= 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "startIngest needs a source and a positive life");
    return FALSE;
  }
  gboolean keeps = keeps_present (self, order);

  g_clear_pointer (&self->wanted, json_object_unref);
  self->wanted = json_object_ref (json_node_get_object (wanted));
  self->timing = read_timing (order);
  keyframe_watch_set_patience (self->keyframe_watch, KEYFRAME_PATIENCE * self->timing.first_frame_ms);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  if (keeps)
    end_run (self, &self->staged, failure_new ("stopped", "A newer order has taken its place."));
  else
    end_both (self, "Another source was ordered.");
  start_life (self, keeps ? &self->staged : &self->present, (guint64)life);
  return TRUE;
}

void
source_stop (Source *self)
{
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  end_both (self, "The ingest was stopped as ordered.");
  self->phase = SOURCE_IDLE;
}

void
source_set_attended (Source *self, gboolean attended)
{
  self->attended = attended;
  if (attended)
    g_clear_handle_id (&self->retry_timer, g_source_remove);
  else
    retry_if_alone (self);
}

static void
begin_object (Source *self, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "ingest");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, phase_names[self->phase]);
  json_builder_set_member_name (builder, "life");
  json_builder_add_int_value (builder, (gint64)self->life);
}

void
source_add_picture (Source *self, JsonBuilder *builder)
{
  begin_object (self, builder);
  monitor_add_tracks (self->monitor, builder);
  if (self->phase == SOURCE_DOWN) {
    json_builder_set_member_name (builder, "failure");
    json_builder_add_value (builder, json_node_copy (self->failure));
  }
  json_builder_end_object (builder);
}

void
source_add_stats (Source *self, JsonBuilder *builder)
{
  gint64 position = self->present.ingest != NULL ? ingest_position_ms (self->present.ingest) : -1;

  begin_object (self, builder);
  if (position >= 0) {
    json_builder_set_member_name (builder, "positionMs");
    json_builder_add_int_value (builder, position);
  }
  monitor_add_counters (self->monitor, builder);
  json_builder_end_object (builder);
}

Source *
source_new (Hub *hub, Reporter *reporter, const char *pipelines)
{
  Source *self = g_new0 (Source, 1);

  self->hub = hub;
  self->reporter = reporter;
  self->pipelines = pipelines;
  self->monitor = monitor_new (hub, reporter, on_first_frame, self);
  self->suspicion = suspicion_new (hub, reporter);
  self->keyframe_watch = keyframe_watch_new (hub, on_keyframes_gone, self);
  self->teardown = teardown_new (reporter, on_teardown_quiet, self);
  return self;
}

gboolean
source_free (Source *self)
{
  source_stop (self);
  if (!teardown_free (self->teardown))
    return FALSE;
  suspicion_free (self->suspicion);
  keyframe_watch_free (self->keyframe_watch);
  monitor_free (self->monitor);
  g_clear_pointer (&self->wanted, json_object_unref);
  g_clear_pointer (&self->failure, json_node_unref);
  g_free (self);
  return TRUE;
}
