#include "worker.h"
#include "chain.h"
#include "json-read.h"
#include "control.h"
#include "output-orders.h"
#include "rtsp-service.h"
#include "source.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>

/* Outputs answer an orderly stop within 2 s (output.h); this is for one that breaks its word. */
#define STOP_DEADLINE_MS 4000

struct _Worker
{
  const WorkerOptions *options;
  GMainLoop *loop;
  Reporter *reporter;
  Hub *hub;
  Source *source;
  Control *control;
  TapDoor *chain;
  OutputContext output_context;
  GPtrArray *outputs; /* Output, in the order they were added */
  guint stopping_outputs;

  gboolean stopping;
  guint orphan_timer;
  guint stats_timer;
  guint stop_timer;
  guint signals[2];
};

static void stop_worker (Worker *worker);

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static JsonBuilder *
report_new (const char *type)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "type", type);
  return builder;
}

static void
report_send (Worker *worker, JsonBuilder *builder)
{
  json_builder_end_object (builder);
  reporter_send (worker->reporter, json_builder_get_root (builder));
}

/* ---- outputs ---- */

static void
on_output_stopped (Output *output, gpointer user_data)
{
  Worker *worker = user_data;
  g_autoptr (JsonBuilder) builder = report_new ("outputDown");

  add_string (builder, "id", output->id);
  add_string (builder, "kind", output->kind);
  json_builder_set_member_name (builder, "failure");
  json_builder_add_value (builder, failure_new ("stopped", "The output was stopped as ordered."));
  report_send (worker, builder);
  output->funcs->free (output);
  worker->stopping_outputs--;
  if (worker->stopping && worker->stopping_outputs == 0)
    g_main_loop_quit (worker->loop);
}

static void
stop_output (Worker *worker, Output *output)
{
  g_ptr_array_remove (worker->outputs, output);
  worker->stopping_outputs++;
  output->funcs->stop (output, on_output_stopped, worker);
}

static gboolean
order_add_output (Worker *worker, JsonObject *order, GError **error)
{
  JsonNode *node = json_object_get_member (order, "output");

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "addOutput needs an output");
    return FALSE;
  }
  JsonObject *settings = json_node_get_object (node);
  const char *id = json_read_string (settings, "id", "");
  const char *kind = json_read_string (settings, "kind", "");
  Output *output = output_orders_find (worker->outputs, id);

  if (output != NULL && strcmp (output->kind, kind) == 0)
    return output->funcs->change (output, settings, error);
  if (output != NULL)
    stop_output (worker, output);
  output = output_new (&worker->output_context, kind, settings, error);
  if (output != NULL)
    g_ptr_array_add (worker->outputs, output);
  return output != NULL;
}

static gboolean
order_remove_output (Worker *worker, JsonObject *order, GError **error)
{
  Output *output = output_orders_named (worker->outputs, order, error);

  if (output == NULL)
    return FALSE;
  stop_output (worker, output);
  return TRUE;
}

static gboolean
order_rotate (Worker *worker, JsonObject *order, GError **error)
{
  return output_orders_rotate (worker->outputs, order, error);
}

static gboolean
order_trigger (Worker *worker, JsonObject *order, GError **error)
{
  return output_orders_trigger (worker->outputs, order, error);
}

static gboolean
order_list_viewers (Worker *worker, JsonObject *order, GError **error)
{
  output_orders_list_viewers (worker->outputs, worker->reporter);
  return TRUE;
}

static gboolean
order_end_viewer (Worker *worker, JsonObject *order, GError **error)
{
  return output_orders_end_viewer (worker->outputs, order, error);
}

static gboolean
order_count_guess (Worker *worker, JsonObject *order, GError **error)
{
  const char *address = json_read_string (order, "address", "");

  if (worker->output_context.rtsp_service != NULL)
    rtsp_service_count_guess (worker->output_context.rtsp_service, address);
  return TRUE;
}

/* ---- control ---- */

static gboolean
order_start_ingest (Worker *worker, JsonObject *order, GError **error)
{
  return source_start (worker->source, order, error);
}

static gboolean
order_stop_ingest (Worker *worker, JsonObject *order, GError **error)
{
  source_stop (worker->source);
  return TRUE;
}

static gboolean
order_request_keyframe (Worker *worker, JsonObject *order, GError **error)
{
  hub_request_keyframe (worker->hub);
  return TRUE;
}

static gboolean
order_stop (Worker *worker, JsonObject *order, GError **error)
{
  stop_worker (worker);
  return TRUE;
}

static const struct
{
  const char *type;
  gboolean (*carry_out) (Worker *worker, JsonObject *order, GError **error);
} orders[] = {
  { "startIngest", order_start_ingest },
  { "stopIngest", order_stop_ingest },
  { "addOutput", order_add_output },
  { "removeOutput", order_remove_output },
  { "rotate", order_rotate },
  { "trigger", order_trigger },
  { "listViewers", order_list_viewers },
  { "endViewer", order_end_viewer },
  { "countGuess", order_count_guess },
  { "requestKeyframe", order_request_keyframe },
  { "stop", order_stop },
};

static gboolean
on_order (const char *type, JsonObject *order, gpointer user_data, GError **error)
{
  Worker *worker = user_data;

  if (worker->stopping) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "this worker is stopping");
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    if (strcmp (orders[i].type, type) == 0)
      return orders[i].carry_out (worker, order, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "there is no order \"%s\"", type);
  return FALSE;
}

static void
add_outputs (Worker *worker, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "outputs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < worker->outputs->len; i++) {
    Output *output = g_ptr_array_index (worker->outputs, i);
    json_builder_begin_object (builder);
    add_string (builder, "id", output->id);
    add_string (builder, "kind", output->kind);
    output->funcs->stats (output, builder);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
on_ready (JsonBuilder *builder, gpointer user_data)
{
  Worker *worker = user_data;

  source_add_picture (worker->source, builder);
  add_outputs (worker, builder);
}

static gboolean
on_stats (gpointer user_data)
{
  Worker *worker = user_data;
  g_autoptr (JsonBuilder) builder = report_new ("stats");

  source_add_stats (worker->source, builder);
  add_outputs (worker, builder);
  json_builder_set_member_name (builder, "hub");
  json_builder_begin_object (builder);
  add_int (builder, "bytes", (gint64)hub_ring_bytes (worker->hub));
  json_builder_end_object (builder);
  report_send (worker, builder);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_orphaned (gpointer user_data)
{
  Worker *worker = user_data;

  worker->orphan_timer = 0;
  reporter_log (worker->reporter, "warn", "worker", "no supervisor for %u s: stopping in order",
                worker->options->orphan_grace_seconds);
  stop_worker (worker);
  return G_SOURCE_REMOVE;
}

static void
on_attended (gboolean attended, gpointer user_data)
{
  Worker *worker = user_data;

  source_set_attended (worker->source, attended || worker->stopping);
  g_clear_handle_id (&worker->orphan_timer, g_source_remove);
  g_clear_handle_id (&worker->stats_timer, g_source_remove);
  if (attended) {
    worker->stats_timer = g_timeout_add_seconds (1, on_stats, worker);
  } else if (!worker->stopping) {
    worker->orphan_timer = g_timeout_add_seconds (worker->options->orphan_grace_seconds, on_orphaned, worker);
  }
}

static const ControlFuncs control_funcs = { .order = on_order, .ready = on_ready, .attended = on_attended };

/* ---- life of the process ---- */

static gboolean
on_stop_deadline (gpointer user_data)
{
  Worker *worker = user_data;

  worker->stop_timer = 0;
  g_main_loop_quit (worker->loop);
  return G_SOURCE_REMOVE;
}

static void
stop_worker (Worker *worker)
{
  if (worker->stopping)
    return;
  worker->stopping = TRUE;
  /* The outputs first: their end is the order's doing, not an outage of the source. */
  while (worker->outputs->len > 0)
    stop_output (worker, g_ptr_array_index (worker->outputs, 0));
  source_stop (worker->source);
  worker->stop_timer = g_timeout_add (worker->stopping_outputs == 0 ? 0 : STOP_DEADLINE_MS, on_stop_deadline, worker);
}

static gboolean
on_signal (gpointer user_data)
{
  stop_worker (user_data);
  return G_SOURCE_CONTINUE;
}

Worker *
worker_new (const WorkerOptions *options, GError **error)
{
  Worker *worker = g_new0 (Worker, 1);

  worker->options = options;
  worker->loop = g_main_loop_new (NULL, FALSE);
  worker->reporter = reporter_new ();
  worker->hub = hub_new ();
  worker->source = source_new (worker->hub, worker->reporter, options->pipelines);
  worker->output_context
      = (OutputContext){ .hub = worker->hub, .reporter = worker->reporter, .pipelines = options->pipelines };
  worker->outputs = g_ptr_array_new ();
  worker->signals[0] = g_unix_signal_add (SIGTERM, on_signal, worker);
  worker->signals[1] = g_unix_signal_add (SIGINT, on_signal, worker);
  worker->orphan_timer = g_timeout_add_seconds (options->orphan_grace_seconds, on_orphaned, worker);
  worker->chain = chain_open (worker->hub, worker->reporter, error);
  if (worker->chain != NULL)
    worker->control = control_new (options->name, worker->reporter, &control_funcs, worker, error);
  if (worker->control == NULL)
    g_clear_pointer (&worker, worker_free);
  return worker;
}

void
worker_run (Worker *worker)
{
  g_main_loop_run (worker->loop);
  reporter_flush (worker->reporter);
}

void
worker_free (Worker *worker)
{
  worker->stopping = TRUE;
  g_clear_pointer (&worker->control, control_free);
  g_clear_pointer (&worker->chain, chain_close);
  for (gsize i = 0; i < G_N_ELEMENTS (worker->signals); i++)
    g_clear_handle_id (&worker->signals[i], g_source_remove);
  g_clear_handle_id (&worker->orphan_timer, g_source_remove);
  g_clear_handle_id (&worker->stats_timer, g_source_remove);
  g_clear_handle_id (&worker->stop_timer, g_source_remove);
  g_ptr_array_unref (worker->outputs);
  if (source_free (worker->source)) {
    hub_free (worker->hub);
    reporter_free (worker->reporter);
  }
  g_main_loop_unref (worker->loop);
  g_free (worker);
}
