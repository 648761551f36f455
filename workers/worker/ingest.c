#include "ingest-private.h"
#include "json-read.h"
#include "encoding.h"
#include "launch.h"

#include <gst/app/app.h>
#include <string.h>

typedef struct
{
  Hub *hub;
  guint64 life;
  guint track;
} TrackSink;

static void
end (Ingest *ingest, JsonNode *failure)
{
  if (ingest->ended) {
    json_node_unref (failure);
    return;
  }
  ingest->ended = TRUE;
  ingest->settings.ended (ingest, failure, ingest->settings.user_data);
}

typedef struct
{
  Ingest *ingest;
  JsonNode *failure;
} FailCall;

static gboolean
fail_on_main (gpointer user_data)
{
  FailCall *call = user_data;

  end (call->ingest, g_steal_pointer (&call->failure));
  return G_SOURCE_REMOVE;
}

static void
fail_call_free (gpointer user_data)
{
  FailCall *call = user_data;

  g_clear_pointer (&call->failure, json_node_unref);
  g_free (call);
}

void
ingest_fail (Ingest *ingest, JsonNode *failure)
{
  GSource *source = g_idle_source_new ();
  FailCall *call = g_new0 (FailCall, 1);

  call->ingest = ingest;
  call->failure = failure;
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, fail_on_main, call, fail_call_free);
  g_mutex_lock (&ingest->lock);
  if (ingest->fail_source == NULL && !ingest->detached) {
    ingest->fail_source = g_source_ref (source);
    g_source_attach (source, NULL);
  }
  g_mutex_unlock (&ingest->lock);
  g_source_unref (source);
}

void
ingest_set_connected (Ingest *ingest)
{
  g_atomic_int_set (&ingest->connected, TRUE);
}

void
ingest_begin_life (Ingest *ingest, const Track *tracks, guint n_tracks)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&ingest->lock);

  ingest_set_connected (ingest);
  if (!ingest->detached)
    hub_begin_life (ingest->settings.hub, ingest->settings.life, tracks, n_tracks);
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Ingest *ingest = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    end (ingest, failure_from_message (message));
    return G_SOURCE_CONTINUE;
  case GST_MESSAGE_EOS:
    end (ingest, failure_new ("endOfStream", "The source ended the stream."));
    return G_SOURCE_CONTINUE;
  case GST_MESSAGE_WARNING: {
    g_autoptr (GError) warning = NULL;
    gst_message_parse_warning (message, &warning, NULL);
    reporter_log (ingest->settings.reporter, "warn", GST_MESSAGE_SRC_NAME (message), "%s", warning->message);
    return G_SOURCE_CONTINUE;
  }
  default:
    return G_SOURCE_CONTINUE;
  }
}

void
ingest_make_pipeline (Ingest *ingest)
{
  g_autoptr (GstBus) bus = NULL;

  ingest->pipeline = gst_object_ref_sink (gst_pipeline_new ("ingest"));
  bus = gst_element_get_bus (ingest->pipeline);
  ingest->bus_watch = gst_bus_add_watch_full (bus, G_PRIORITY_HIGH, on_bus, ingest, NULL);
}

void
ingest_play (Ingest *ingest)
{
  /* Most elements post an error when they refuse; the one that does not is still answered. */
  if (gst_element_set_state (ingest->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    ingest_fail (ingest, failure_new ("error", "The source's pipeline refused to start."));
}

static GstFlowReturn
on_sample (GstAppSink *appsink, gpointer user_data)
{
  TrackSink *sink = user_data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);

  if (sample != NULL)
    hub_push (sink->hub, sink->life, sink->track, sample);
  return GST_FLOW_OK;
}

GstElement *
ingest_load_chain (const char *pipelines, GstBin *pipeline, const char *name, gboolean rtp, GstElement **sink,
                   GError **error)
{
  g_autofree char *file = g_strconcat ("track-", name, NULL);
  GstElement *chain = launch_load (pipelines, file, error);

  if (chain == NULL)
    return NULL;
  g_autoptr (GstElement) depay = launch_element (chain, "depay");
  g_autoptr (GstElement) parse = launch_element (chain, "parse");
  if (!rtp) {
    gst_element_unlink (depay, parse);
    gst_bin_remove (GST_BIN (chain), depay);
  }
  g_autoptr (GstPad) target = gst_element_get_static_pad (rtp ? depay : parse, "sink");
  gst_element_add_pad (chain, gst_ghost_pad_new ("sink", target));
  *sink = launch_element (chain, "sink");
  gst_bin_add (pipeline, chain);
  return chain;
}

gboolean
ingest_add_track (Ingest *ingest, GstPad *pad, guint index, const char *chain_name)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  gboolean rtp = gst_structure_has_name (gst_caps_get_structure (caps, 0), "application/x-rtp");
  GstElement *chain
      = ingest_load_chain (ingest->settings.pipelines, GST_BIN (ingest->pipeline), chain_name, rtp, &sink, &error);

  if (chain == NULL) {
    ingest_fail (ingest, failure_new ("internal", "%s", error->message));
    return FALSE;
  }

  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };
  TrackSink *track = g_new0 (TrackSink, 1);
  track->hub = ingest->settings.hub;
  track->life = ingest->settings.life;
  track->track = index;
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, track, g_free);

  g_autoptr (GstPad) target = gst_element_get_static_pad (chain, "sink");
  gst_element_sync_state_with_parent (chain);
  if (!gst_pad_link_maybe_ghosting (pad, target)) {
    g_autofree char *text = gst_caps_to_string (caps);
    ingest_fail (ingest,
                 failure_new ("pipelineInvalid", "The source's %s pad could not be linked: %s", chain_name, text));
    return FALSE;
  }
  return TRUE;
}

static JsonNode *
late_failure (Ingest *ingest, guint after_ms)
{
  const IngestSettings *settings = &ingest->settings;
  double seconds = after_ms / 1000.0;

  if (!g_atomic_int_get (&ingest->connected))
    return failure_new ("connectTimeout", "The source did not answer within %.1f s.", seconds);
  if (hub_has_frames (settings->hub, settings->life))
    return failure_new ("noKeyframe", "Frames came, but no keyframe within %.1f s.", seconds);
  return failure_new ("firstFrameTimeout", "No picture came within %.1f s.", seconds);
}

static gboolean
on_connect_deadline (gpointer user_data)
{
  Ingest *ingest = user_data;

  ingest->connect_timer = 0;
  if (!g_atomic_int_get (&ingest->connected))
    end (ingest, late_failure (ingest, ingest->settings.connect_ms));
  return G_SOURCE_REMOVE;
}

static gboolean
on_first_frame_deadline (gpointer user_data)
{
  Ingest *ingest = user_data;

  ingest->first_frame_timer = 0;
  end (ingest, late_failure (ingest, ingest->settings.first_frame_ms));
  return G_SOURCE_REMOVE;
}

static guint
deadline_new (Ingest *ingest, guint after_ms, GSourceFunc expired)
{
  return after_ms > 0 ? g_timeout_add (after_ms, expired, ingest) : 0;
}

static void
clear_deadlines (Ingest *ingest)
{
  g_clear_handle_id (&ingest->connect_timer, g_source_remove);
  g_clear_handle_id (&ingest->first_frame_timer, g_source_remove);
}

void
ingest_set_running (Ingest *ingest)
{
  clear_deadlines (ingest);
}

gint64
ingest_position_ms (Ingest *ingest)
{
  return ingest->kind != NULL && ingest->kind->position_ms != NULL ? ingest->kind->position_ms (ingest) : -1;
}

static const IngestKind *
kind_of (JsonObject *source)
{
  const char *kind = json_read_string (source, "kind", "");

  if (strcmp (kind, "rtsp") == 0)
    return &ingest_rtsp;
  if (strcmp (kind, "file") == 0)
    return &ingest_file;
  if (strcmp (kind, "test") == 0)
    return &ingest_test;
  if (strcmp (kind, "pipeline") == 0)
    return &ingest_pipeline;
  if (strcmp (kind, "stream") == 0)
    return &ingest_stream;
  return NULL;
}

Ingest *
ingest_start (const IngestSettings *settings, JsonObject *source)
{
  Ingest *ingest = g_new0 (Ingest, 1);

  ingest->settings = *settings;
  g_mutex_init (&ingest->lock);
  ingest->kind = kind_of (source);
  ingest->connect_timer = deadline_new (ingest, settings->connect_ms, on_connect_deadline);
  ingest->first_frame_timer = deadline_new (ingest, settings->first_frame_ms, on_first_frame_deadline);
  if (ingest->kind == NULL)
    ingest_fail (ingest, failure_new ("internal", "The source has a kind this worker does not know."));
  else
    ingest->kind->start (ingest, source);
  return ingest;
}

static void
drop_failure (Ingest *ingest)
{
  if (ingest->fail_source == NULL)
    return;
  g_source_destroy (ingest->fail_source);
  g_clear_pointer (&ingest->fail_source, g_source_unref);
}

void
ingest_detach (Ingest *ingest, const char *reason)
{
  g_mutex_lock (&ingest->lock);
  gboolean was_detached = ingest->detached;
  ingest->detached = TRUE;
  drop_failure (ingest);
  g_mutex_unlock (&ingest->lock);
  if (was_detached)
    return;

  ingest->ended = TRUE;
  hub_end_life (ingest->settings.hub, ingest->settings.life, reason);
  clear_deadlines (ingest);
  g_clear_handle_id (&ingest->bus_watch, g_source_remove);
  if (ingest->kind != NULL && ingest->kind->detach != NULL)
    ingest->kind->detach (ingest);
}

void
ingest_free (Ingest *ingest, const char *reason)
{
  ingest_detach (ingest, reason);
  if (ingest->kind != NULL && ingest->kind->stop != NULL)
    ingest->kind->stop (ingest);
  if (ingest->pipeline != NULL)
    gst_element_set_state (ingest->pipeline, GST_STATE_NULL);
  gst_clear_object (&ingest->pipeline);
  g_mutex_clear (&ingest->lock);
  g_free (ingest);
}
