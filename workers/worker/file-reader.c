#include "file-reader-private.h"
#include "ingest-private.h"
#include "launch.h"

#include <string.h>

/* What may be missing at the end by the container's word: durations are rounded. */
#define ROUNDED_NS (500 * (gint64)GST_MSECOND)
/* What may follow the last frame in the file: the rest of it, an index. */
#define AFTER_LAST_FRAME 4096

void
file_reader_fail (FileReader *self, JsonNode *failure)
{
  g_mutex_lock (&self->lock);
  if (self->failure == NULL)
    self->failure = g_steal_pointer (&failure);
  if (self->state == FILE_READER_OPENING)
    self->state = FILE_READER_FAILED;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&failure, json_node_unref);
  frame_store_end (self->store);
  self->changed (self->user_data);
}

static GstPadProbeReturn
on_pull (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  FileReader *self = user_data;

  self->byte = info->offset;
  return GST_PAD_PROBE_OK;
}

static void
on_no_more_pads (GstElement *demux, gpointer user_data)
{
  FileReader *self = user_data;

  if (self->tracks->len == 0) {
    file_reader_fail (self, file_failure ("%s holds no video or audio that dslrs takes.", self->path));
    return;
  }
  g_mutex_lock (&self->lock);
  if (self->state == FILE_READER_OPENING)
    self->state = FILE_READER_OPEN;
  g_mutex_unlock (&self->lock);
  self->changed (self->user_data);
}

/* GStreamer's own words are for programmers; the last line of its debug text says most. */
static JsonNode *
damaged (FileReader *self, GstMessage *message)
{
  g_autofree char *debug = NULL;

  gst_message_parse_error (message, NULL, &debug);
  const char *last = debug != NULL ? strrchr (debug, '\n') : NULL;
  return file_failure ("%s is cut off or damaged (%s: %s).", self->path, GST_MESSAGE_SRC_NAME (message),
                       last != NULL ? last + 1 : "unreadable");
}

/* Runs on the thread that posts: no main loop is needed, and none is waited for. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  FileReader *self = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    file_reader_fail (self, damaged (self, message));
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    damage_watch_lose (&self->guard.watch);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
open_file (FileReader *self)
{
  g_autoptr (GError) error = NULL;
  JsonNode *failure = NULL;
  const char *container = file_check (self->path, &self->identity, &failure);

  if (container == NULL) {
    file_reader_fail (self, failure);
    return;
  }
  self->is_matroska = strcmp (container, "source-mkv") == 0;
  self->guard.is_matroska = self->is_matroska;
  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("reader"));
  GstElement *bin = launch_load (self->pipelines, container, &error);
  if (bin == NULL) {
    file_reader_fail (self, failure_new ("internal", "%s", error->message));
    return;
  }
  g_autoptr (GstElement) source = launch_element (bin, "source");
  g_autoptr (GstElement) demux = launch_element (bin, "demux");
  g_autoptr (GstPad) pulled = gst_element_get_static_pad (source, "src");
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_object_set (source, "location", self->path, NULL);
  gst_pad_add_probe (pulled, GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BUFFER, on_pull, self, NULL);
  g_signal_connect (demux, "pad-added", G_CALLBACK (reader_track_add), self);
  g_signal_connect (demux, "no-more-pads", G_CALLBACK (on_no_more_pads), self);
  gst_bus_set_sync_handler (bus, on_message, self, NULL);
  gst_bin_add (GST_BIN (self->pipeline), bin);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    file_reader_fail (self, file_failure ("%s could not be opened.", self->path));
}

FileReader *
file_reader_new (const FileReaderSettings *settings)
{
  FileReader *self = g_new0 (FileReader, 1);

  self->path = g_strdup (settings->path);
  self->pipelines = g_strdup (settings->pipelines);
  self->changed = settings->changed;
  self->user_data = settings->user_data;
  self->newest = HUB_NO_TIME;
  file_guard_init (&self->guard, self->path, &self->identity, settings->log);
  self->store = frame_store_new ();
  self->per_track = g_ptr_array_new_with_free_func (reader_track_free);
  g_mutex_init (&self->lock);
  self->tracks = g_array_new (FALSE, TRUE, sizeof (Track));
  open_file (self);
  return self;
}

void
file_reader_free (FileReader *self)
{
  frame_store_stop (self->store);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  for (guint i = 0; i < self->per_track->len; i++)
    gst_element_set_state (((ReaderTrack *)g_ptr_array_index (self->per_track, i))->chain, GST_STATE_NULL);
  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->failure, json_node_unref);
  g_array_unref (self->tracks);
  g_ptr_array_unref (self->per_track);
  frame_store_free (self->store);
  file_guard_clear (&self->guard);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self->pipelines);
  g_free (self);
}

FileReaderState
file_reader_state (FileReader *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->state;
}

JsonNode *
file_reader_take_failure (FileReader *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_steal_pointer (&self->failure);
}

const GArray *
file_reader_tracks (FileReader *self)
{
  return self->tracks;
}

const FileIdentity *
file_reader_identity (FileReader *self)
{
  return &self->identity;
}

FrameStore *
file_reader_store (FileReader *self)
{
  return self->store;
}

static GstPad *
leading_pad (FileReader *self)
{
  ReaderTrack *track = g_ptr_array_index (self->per_track, (guint)MAX (self->guard.leading, 0));

  return track->pad;
}

gboolean
file_reader_seek (FileReader *self, gint64 position, SeekTarget target)
{
  GstSeekFlags snap = target == SEEK_KEYFRAME_BEFORE ? GST_SEEK_FLAG_SNAP_BEFORE : GST_SEEK_FLAG_SNAP_AFTER;

  frame_store_clear (self->store);
  return gst_pad_send_event (
      leading_pad (self), gst_event_new_seek (1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | snap,
                                              GST_SEEK_TYPE_SET, position, GST_SEEK_TYPE_NONE, 0));
}

gint64
file_reader_broke_off_at (FileReader *self)
{
  gint64 duration = 0;
  FileIdentity now;

  if (self->per_track->len == 0 || self->guard.is_rewritten)
    return HUB_NO_TIME;
  if (!gst_pad_query_duration (leading_pad (self), GST_FORMAT_TIME, &duration)
      || !file_identity_read (self->path, &now))
    return HUB_NO_TIME;
  gboolean has_more = self->newest_byte + AFTER_LAST_FRAME < (guint64)now.size && self->newest + ROUNDED_NS < duration;
  return has_more ? MAX (self->newest, 0) : HUB_NO_TIME;
}

guint64
file_reader_byte (FileReader *self)
{
  return self->newest_byte;
}
