#include "file-reader.h"
#include "encoding.h"
#include "file-guard.h"
#include "ingest-private.h"
#include "launch.h"

#include <gst/app/app.h>
#include <string.h>

/* What may be missing at the end by the container's word: durations are rounded. */
#define ROUNDED_NS (500 * (gint64)GST_MSECOND)
/* What may follow the last frame in the file: the rest of it, an index. */
#define AFTER_LAST_FRAME 4096

typedef struct
{
  FileReader *reader;
  GstElement *chain; /* the pipeline's */
  GstPad *pad;       /* the demuxer's; owned */
  guint index;
} ReaderTrack;

struct _FileReader
{
  char *path;
  char *pipelines;
  FileReaderChanged changed;
  gpointer user_data;
  FileIdentity identity;
  gboolean is_matroska;
  GstElement *pipeline;
  FrameStore *store;
  GPtrArray *per_track; /* ReaderTrack */

  /* Of the demuxer's thread, which all tracks share; others look when the store is at its end. */
  FileGuard guard;
  guint64 byte;  /* where the demuxer reads */
  gint64 newest; /* time of the last frame */
  guint64 newest_byte;

  GMutex lock;
  FileReaderState state;
  JsonNode *failure;
  GArray *tracks; /* Track */
};

static void
reader_track_free (gpointer data)
{
  ReaderTrack *track = data;

  gst_object_unref (track->pad);
  g_free (track);
}

/* (transfer full) */
static void
fail (FileReader *self, JsonNode *failure)
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

/* Time in the file. MP4's edit lists speak through the segment. Matroska has none, and matroskademux begins with a
 * segment of the first track's start, to replace it when another track turns out to start earlier: there the buffers'
 * own times are the truth. */
static gint64
file_time (FileReader *self, const GstSegment *segment, GstClockTime time)
{
  guint64 value = 0;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return HUB_NO_TIME;
  if (self->is_matroska)
    return (gint64)time;
  gint sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, time, &value);
  return sign == 0 ? HUB_NO_TIME : sign * (gint64)value;
}

static GstFlowReturn
on_sample (GstAppSink *appsink, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);

  if (sample == NULL || gst_sample_get_caps (sample) == NULL)
    return GST_FLOW_OK;
  FileFrame *frame = g_new0 (FileFrame, 1);
  frame->buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
  frame->caps = gst_caps_ref (gst_sample_get_caps (sample));
  frame->pts = file_time (self, gst_sample_get_segment (sample), GST_BUFFER_PTS (frame->buffer));
  frame->dts = file_time (self, gst_sample_get_segment (sample), GST_BUFFER_DTS (frame->buffer));
  self->newest = MAX (self->newest, frame->pts);
  self->newest_byte = self->byte;
  if (frame_store_push (self->store, track->index, frame))
    self->changed (self->user_data);
  return GST_FLOW_OK;
}

static void
on_eos (GstAppSink *appsink, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;

  frame_store_end_track (self->store, track->index);
  self->changed (self->user_data);
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  switch (file_guard_judge (&self->guard, track->index, GST_PAD_PROBE_INFO_BUFFER (info), caps, self->byte)) {
  case GUARD_KEEP:
    return GST_PAD_PROBE_OK;
  case GUARD_LEAVE_OUT:
    return GST_PAD_PROBE_DROP;
  case GUARD_BEGIN_STRETCH:
    frame_store_begin_stretch (self->store);
    return GST_PAD_PROBE_OK;
  case GUARD_REWRITTEN:
    frame_store_end (self->store);
    self->changed (self->user_data);
    return GST_PAD_PROBE_DROP;
  }
  g_return_val_if_reached (GST_PAD_PROBE_OK);
}

/* With this event everything begins anew after a seek. */
static GstPadProbeReturn
on_flush (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  ReaderTrack *track = user_data;
  FileReader *self = track->reader;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_FLUSH_STOP)
    return GST_PAD_PROBE_OK;
  file_guard_begin_anew (&self->guard, track->index);
  self->newest = HUB_NO_TIME;
  frame_store_begin_anew (self->store, track->index);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_pull (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  FileReader *self = user_data;

  self->byte = info->offset;
  return GST_PAD_PROBE_OK;
}

/* (transfer none) */
static ReaderTrack *
add_track (FileReader *self, GstPad *pad, GstElement *chain, const Encoding *encoding)
{
  Track track = { .media = encoding->media, .encoding = encoding->name };
  ReaderTrack *own = g_new0 (ReaderTrack, 1);

  own->reader = self;
  own->chain = chain;
  own->pad = gst_object_ref (pad);
  own->index = self->per_track->len;
  g_ptr_array_add (self->per_track, own);
  frame_store_add_track (self->store);
  file_guard_add_track (&self->guard, encoding->media == MEDIA_VIDEO);
  g_array_append_val (self->tracks, track);
  return own;
}

/* Out of the bin that `pad` is in. gst_pad_link_maybe_ghosting() would take the state lock, which a thread that ends
 * the reader holds while it waits for this one. */
static gboolean
link_across (GstPad *pad, GstPad *target)
{
  g_autoptr (GstElement) demux = gst_pad_get_parent_element (pad);
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (demux));
  GstPad *ghost = gst_ghost_pad_new (NULL, pad);

  gst_pad_set_active (ghost, TRUE);
  return gst_element_add_pad (GST_ELEMENT (bin), ghost) && gst_pad_link (ghost, target) == GST_PAD_LINK_OK;
}

static void
on_pad_added (GstElement *demux, GstPad *pad, gpointer user_data)
{
  FileReader *self = user_data;
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  Encoding encoding = { 0 };

  if (!encoding_from_caps (caps, &encoding) || encoding.name == NULL)
    return;
  GstElement *chain
      = ingest_load_chain (self->pipelines, GST_BIN (self->pipeline), encoding.chain, FALSE, &sink, &error);
  if (chain == NULL) {
    fail (self, failure_new ("internal", "%s", error->message));
    return;
  }

  ReaderTrack *own = add_track (self, pad, chain, &encoding);
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample, .eos = on_eos };
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, own, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, own, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, on_flush, own, NULL);
  g_autoptr (GstPad) target = gst_element_get_static_pad (chain, "sink");
  /* The pipeline may be on its way to PLAYING on another thread: left to it, a chain added now was seen to stay in
   * PAUSED. */
  gst_element_set_locked_state (chain, TRUE);
  gst_element_set_state (chain, GST_STATE_PLAYING);
  if (!link_across (pad, target))
    fail (self, failure_new ("internal", "The %s track could not be linked.", encoding.name));
}

static void
on_no_more_pads (GstElement *demux, gpointer user_data)
{
  FileReader *self = user_data;

  if (self->tracks->len == 0) {
    fail (self, file_failure ("%s holds no video or audio that dslrs takes.", self->path));
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
    fail (self, damaged (self, message));
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
    fail (self, failure);
    return;
  }
  self->is_matroska = strcmp (container, "source-mkv") == 0;
  self->guard.is_matroska = self->is_matroska;
  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("reader"));
  GstElement *bin = launch_load (self->pipelines, container, &error);
  if (bin == NULL) {
    fail (self, failure_new ("internal", "%s", error->message));
    return;
  }
  g_autoptr (GstElement) source = launch_element (bin, "source");
  g_autoptr (GstElement) demux = launch_element (bin, "demux");
  g_autoptr (GstPad) pulled = gst_element_get_static_pad (source, "src");
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_object_set (source, "location", self->path, NULL);
  gst_pad_add_probe (pulled, GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BUFFER, on_pull, self, NULL);
  g_signal_connect (demux, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (demux, "no-more-pads", G_CALLBACK (on_no_more_pads), self);
  gst_bus_set_sync_handler (bus, on_message, self, NULL);
  gst_bin_add (GST_BIN (self->pipeline), bin);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    fail (self, file_failure ("%s could not be opened.", self->path));
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
