#include "substream.h"
#include "ingest.h"
#include "json-read.h"
#include "teardown.h"

#include <gio/gio.h>

/* Between two looks at it. */
#define LOOK_S 1
/* Nobody wants it for so long: the camera has a session less. */
#define LINGER_US (10 * G_USEC_PER_SEC)
#define CONNECT_MS 5000
#define FIRST_FRAME_MS 10000
#define SILENT_US (5 * G_USEC_PER_SEC)
#define RETRY_US (5 * G_USEC_PER_SEC)
/* Of another encoding it is most likely still so. */
#define RETRY_OTHER_US (60 * G_USEC_PER_SEC)
/* As many ended ingests may hang. */
#define MAX_HANGING 3

struct _Substream
{
  Hub *stream_hub;
  Hub *hub;
  Reporter *reporter;
  const char *pipelines;
  Teardown *teardown;
  JsonObject *settings; /* NULL: there is none */
  JsonObject *main;     /* the stream's source, or NULL */

  gint wanted; /* by so many viewers; atomic */
  gint64 wanted_us;
  guint sink;
  Ingest *ingest;
  guint64 life;
  gboolean running;
  gint64 retry_us; /* not before */
  guint look;
  char *trouble; /* what was logged last, until it works */

  GMutex lock;
  gint64 frame_us; /* when its last picture came; 0: none in this life */
};

static void
end (Substream *self, const char *reason)
{
  if (self->ingest == NULL)
    return;
  ingest_detach (self->ingest, reason);
  teardown_take (self->teardown, g_steal_pointer (&self->ingest));
}

static void
fail (Substream *self, const char *why, gint64 retry_us)
{
  self->retry_us = g_get_monotonic_time () + retry_us;
  end (self, "substream");
  if (g_strcmp0 (self->trouble, why) == 0)
    return;
  g_free (self->trouble);
  self->trouble = g_strdup (why);
  reporter_log (self->reporter, "warn", "substream", "not there for slow viewers: %s", why);
}

static void
on_ended (Ingest *ingest, JsonNode *failure, gpointer user_data)
{
  fail (user_data, json_read_string (json_node_get_object (failure), "message", "it ended"), RETRY_US);
  json_node_unref (failure);
}

/* (transfer full). NULL: nothing to connect to. */
static JsonObject *
source_object (const Substream *self)
{
  if (self->settings == NULL || self->main == NULL || !g_str_equal (json_read_string (self->main, "kind", ""), "rtsp"))
    return NULL;
  JsonObject *source = json_object_new ();
  g_autoptr (GList) members = json_object_get_members (self->main);
  for (const GList *link = members; link != NULL; link = link->next)
    json_object_set_member (source, link->data, json_node_copy (json_object_get_member (self->main, link->data)));
  json_object_set_string_member (source, "uri", json_read_string (self->settings, "uri", ""));
  json_object_set_string_member (source, "transport", json_read_string (self->settings, "transport", "tcp"));
  return source;
}

static void
start (Substream *self)
{
  g_autoptr (JsonObject) source = source_object (self);

  if (source == NULL || teardown_is_busy (self->teardown) || teardown_hanging (self->teardown) >= MAX_HANGING)
    return;
  const IngestSettings settings = {
    .hub = self->hub,
    .reporter = self->reporter,
    .pipelines = self->pipelines,
    .life = ++self->life,
    .connect_ms = CONNECT_MS,
    .first_frame_ms = FIRST_FRAME_MS,
    .ended = on_ended,
    .user_data = self,
  };
  self->running = FALSE;
  g_mutex_lock (&self->lock);
  self->frame_us = 0;
  g_mutex_unlock (&self->lock);
  self->ingest = ingest_start (&settings, source);
}

/* Of its video, by the name of the caps; NULL without one. */
static const char *
encoding_of (Hub *hub)
{
  g_autoptr (GPtrArray) tracks = hub_get_tracks (hub);

  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = g_ptr_array_index (tracks, i);
    if (track->media == MEDIA_VIDEO)
      return track->encoding;
  }
  return NULL;
}

static void
on_first_picture (Substream *self)
{
  const char *ours = encoding_of (self->hub);
  const char *streams = encoding_of (self->stream_hub);

  ingest_set_running (self->ingest);
  self->running = TRUE;
  if (ours != NULL && streams != NULL && !g_str_equal (ours, streams)) {
    g_autofree char *why = g_strdup_printf (
        "it is %s, and the stream is %s; set both to the same encoding in the camera", ours, streams);
    fail (self, why, RETRY_OTHER_US);
    return;
  }
  if (self->trouble != NULL)
    reporter_log (self->reporter, "info", "substream", "there for slow viewers again");
  g_clear_pointer (&self->trouble, g_free);
}

static void
look_at_ingest (Substream *self, gint64 now_us)
{
  g_mutex_lock (&self->lock);
  gint64 frame_us = self->frame_us;
  g_mutex_unlock (&self->lock);

  if (now_us - self->wanted_us > LINGER_US)
    end (self, "stopped");
  else if (frame_us != 0 && now_us - frame_us > SILENT_US)
    fail (self, "no picture came for 5 s", RETRY_US);
  else if (frame_us != 0 && !self->running)
    on_first_picture (self);
}

static gboolean
on_look (gpointer user_data)
{
  Substream *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  gboolean wanted = g_atomic_int_get (&self->wanted) > 0;

  if (wanted)
    self->wanted_us = now_us;
  if (self->ingest != NULL)
    look_at_ingest (self, now_us);
  else if (wanted && now_us >= self->retry_us)
    start (self);
  if (wanted || self->ingest != NULL)
    return G_SOURCE_CONTINUE;
  self->look = 0;
  return G_SOURCE_REMOVE;
}

void
substream_want (Substream *self)
{
  g_atomic_int_inc (&self->wanted);
  if (self->look == 0)
    self->look = g_timeout_add_seconds (LOOK_S, on_look, self);
  self->wanted_us = g_get_monotonic_time ();
  if (self->ingest == NULL && self->wanted_us >= self->retry_us)
    start (self);
}

void
substream_unwant (Substream *self)
{
  g_atomic_int_add (&self->wanted, -1);
}

Hub *
substream_hub (Substream *self)
{
  return self->hub;
}

gboolean
substream_read (JsonObject *settings, JsonObject **substream, GError **error)
{
  JsonNode *node = json_object_get_member (settings, "substream");

  *substream = NULL;
  if (node == NULL)
    return TRUE;
  if (JSON_NODE_HOLDS_OBJECT (node) && json_read_string (json_node_get_object (node), "uri", "")[0] != '\0') {
    *substream = json_node_get_object (node);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "a substream needs an address");
  return FALSE;
}

static gboolean
is_same (JsonObject *a, JsonObject *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_str_equal (json_read_string (a, "uri", ""), json_read_string (b, "uri", ""))
         && g_str_equal (json_read_string (a, "transport", "tcp"), json_read_string (b, "transport", "tcp"));
}

static void
replace (JsonObject **place, JsonObject *object)
{
  g_clear_pointer (place, json_object_unref);
  *place = object != NULL ? json_object_ref (object) : NULL;
}

void
substream_set (Substream *self, JsonObject *settings)
{
  if (is_same (self->settings, settings))
    return;
  replace (&self->settings, settings);
  end (self, "stopped");
  self->retry_us = 0;
  g_clear_pointer (&self->trouble, g_free);
}

void
substream_set_main (Substream *self, JsonObject *source)
{
  replace (&self->main, source);
  self->retry_us = 0;
}

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Substream *self = user_data;

  if (frame->media != MEDIA_VIDEO)
    return;
  g_mutex_lock (&self->lock);
  if (self->frame_us != 0 || frame->keyframe)
    self->frame_us = frame->arrived_us;
  g_mutex_unlock (&self->lock);
}

/* The next look begins a new life. */
static void
on_quiet (gpointer user_data)
{
}

Substream *
substream_new (Hub *hub, Reporter *reporter, const char *pipelines)
{
  static const HubSinkFuncs funcs = { on_frame, NULL };
  Substream *self = g_new0 (Substream, 1);

  self->stream_hub = hub;
  self->hub = hub_new_beside (hub);
  self->reporter = reporter;
  self->pipelines = pipelines;
  self->teardown = teardown_new (reporter, on_quiet, self);
  g_mutex_init (&self->lock);
  self->sink = hub_attach (self->hub, &funcs, self, HUB_LIVE_ONLY, NULL);
  return self;
}

gboolean
substream_free (Substream *self)
{
  g_clear_handle_id (&self->look, g_source_remove);
  end (self, "stopped");
  if (!teardown_free (self->teardown))
    return FALSE;
  hub_detach (self->hub, self->sink);
  hub_free (self->hub);
  replace (&self->settings, NULL);
  replace (&self->main, NULL);
  g_free (self->trouble);
  g_mutex_clear (&self->lock);
  g_free (self);
  return TRUE;
}
