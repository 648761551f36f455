#include "viewer-track.h"
#include "frame-packer.h"
#include "launch.h"

#include <gst/video/video-event.h>
#include <sched.h>

/* How much faster than real time a viewer catches up that is paced. */
#define CATCH_UP_SPEED 5
/* The same, expected of a viewer. A pause of the source is no reason for frames to be due later. */
#define DUE_SPEED 2
#define MOST_STEP GST_SECOND

typedef struct
{
  HubFrame *frame;
  gint64 due_us;
} Waiting;

GstClockTime
viewer_flow_time (const ViewerFlow *self, GstClockTime time)
{
  return time > self->base ? time - self->base : 0;
}

static void
waiting_free (Waiting *waiting)
{
  frame_free (waiting->frame);
  g_free (waiting);
}

void
viewer_track_clear (ViewerTrack *self)
{
  Waiting *waiting;

  while ((waiting = g_queue_pop_head (&self->waiting)) != NULL) {
    self->flow->waiting_bytes -= gst_buffer_get_size (waiting->frame->buffer);
    waiting_free (waiting);
  }
  self->owed_us = 0;
}

ViewerTrack *
viewer_track_new (ViewerFlow *flow, Track *track)
{
  ViewerTrack *self = g_new0 (ViewerTrack, 1);

  self->flow = flow;
  self->track = track;
  self->sent_caps = gst_caps_ref (track->caps);
  self->newest = GST_CLOCK_TIME_NONE;
  g_queue_init (&self->waiting);
  return self;
}

void
viewer_track_free (ViewerTrack *self)
{
  viewer_track_clear (self);
  track_free (self->track);
  gst_clear_object (&self->source);
  gst_clear_caps (&self->sent_caps);
  g_free (self);
}

/* Queues an event behind the frames. Not by gst_element_send_event(): that takes the element's state lock, which is
 * held by who stops the source and waits for its thread; and the thread may be here, with the flow's lock, so that the
 * hub would wait for ever, too. (transfer full) */
static void
queue_event (GstAppSrc *source, GstEvent *event)
{
  GST_ELEMENT_GET_CLASS (source)->send_event (GST_ELEMENT (source), event);
}

/* Payloaders hold on to the parameter sets of one stream until the next begins. */
static void
change_caps (ViewerTrack *self, GstCaps *caps)
{
  queue_event (self->source, gst_event_new_stream_start ("dslrs"));
  gst_app_src_set_caps (self->source, caps);
  gst_caps_replace (&self->sent_caps, caps);
}

/* Left to itself the H.264 payloader sends them before each slice of a keyframe, and players take the slices for
 * frames. */
static void
send_parameter_sets (ViewerTrack *self, GstClockTime time)
{
  queue_event (self->source, gst_video_event_new_downstream_force_key_unit (time, time, time, TRUE, 0));
}

/* The track is hungry and has something waiting. */
static void
send_next (ViewerTrack *self)
{
  ViewerFlow *flow = self->flow;
  Waiting *next = g_queue_pop_head (&self->waiting);
  const HubFrame *frame = next->frame;
  GstBuffer *buffer = gst_buffer_copy (frame->buffer);

  GST_BUFFER_PTS (buffer) = viewer_flow_time (flow, GST_BUFFER_PTS (buffer));
  GST_BUFFER_DTS (buffer) = viewer_flow_time (flow, GST_BUFFER_DTS (buffer));
  if (frame->caps != self->sent_caps)
    change_caps (self, frame->caps);
  if (frame->keyframe && frame->media == MEDIA_VIDEO)
    send_parameter_sets (self, GST_BUFFER_PTS (buffer));
  self->hungry = FALSE;
  flow->waiting_bytes -= gst_buffer_get_size (buffer);
  flow->sent_bytes += gst_buffer_get_size (buffer);
  flow->progress_us = g_get_monotonic_time ();
  if (frame_counts (frame, flow->audio_only))
    flow->sent++;
  waiting_free (next);
  gst_app_src_push_buffer (self->source, buffer);
}

/* A thread that is woken usually runs before the one that woke it. The ingest's wakes those of all viewers for each
 * frame: with many viewers, or other work on the machine, it would come to the last of them long after the first. The
 * thread that sends over TCP is started by this one and like it. */
static void
let_ingest_go_on (void)
{
  const struct sched_param param = { 0 };

  sched_setscheduler (0, SCHED_BATCH, &param);
}

/* On the source's own thread, which may sleep. */
static void
pace (ViewerTrack *self)
{
  ViewerFlow *flow = self->flow;
  gulong pause_us = 0;

  g_mutex_lock (&flow->lock);
  if (flow->paced && self->waiting.length > 1) {
    const Waiting *next = g_queue_peek_head (&self->waiting);
    pause_us = (gulong)(GST_BUFFER_DURATION (next->frame->buffer) / GST_USECOND / CATCH_UP_SPEED);
  }
  g_mutex_unlock (&flow->lock);
  if (pause_us > 0)
    g_usleep (MIN (pause_us, G_USEC_PER_SEC / CATCH_UP_SPEED));
}

/* The first thing a source says is that nothing comes for now: enough for gst-rtsp-server to describe the stream,
 * without a frame that would be old by the time of PLAY, and for a track that is silent at the moment. */
static void
on_need_data (GstAppSrc *source, guint length, gpointer user_data)
{
  ViewerTrack *self = user_data;
  ViewerFlow *flow = self->flow;

  pace (self);
  g_mutex_lock (&flow->lock);
  gboolean announce = !self->announced;
  self->announced = TRUE;
  self->hungry = !announce;
  self->owed_us = 0;
  if (self->hungry && flow->playing && self->waiting.length > 0)
    send_next (self);
  g_mutex_unlock (&flow->lock);
  if (!announce)
    return;
  let_ingest_go_on ();
  queue_event (source, gst_event_new_gap (0, GST_CLOCK_TIME_NONE));
}

/* What gst-rtsp-server is to send: (transfer full). */
static GstPad *
last_pad (GstElement *bin, Media media)
{
  g_autoptr (GstElement) payloader = launch_element (bin, "pay");

  if (media != MEDIA_VIDEO)
    return gst_element_get_static_pad (payloader, "src");
  GstElement *packer = frame_packer_new ();
  gst_bin_add (GST_BIN (bin), packer);
  gst_element_link (payloader, packer);
  return gst_element_get_static_pad (packer, "src");
}

GstElement *
viewer_track_build (ViewerTrack *self, const char *pipelines, guint number, GError **error)
{
  static const GstAppSrcCallbacks callbacks = { .need_data = on_need_data };
  g_autofree char *launch = g_strconcat ("pay-", self->track->encoding, NULL);
  GstElement *bin = launch_load (pipelines, launch, error);

  if (bin == NULL)
    return NULL;
  g_autofree char *name = g_strdup_printf ("pay%u", number);
  g_autoptr (GstPad) pad = last_pad (bin, self->track->media);

  gst_element_set_name (bin, name);
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", pad));
  self->source = GST_APP_SRC (launch_element (bin, "source"));
  gst_app_src_set_callbacks (self->source, (GstAppSrcCallbacks *)&callbacks, self, NULL);
  gst_app_src_set_caps (self->source, self->sent_caps);
  return bin;
}

gboolean
viewer_track_can_follow (const ViewerTrack *self, const HubFrame *frame)
{
  if (frame->caps == self->sent_caps || gst_caps_is_equal (frame->caps, self->sent_caps))
    return TRUE;
  const GstStructure *before = gst_caps_get_structure (self->sent_caps, 0);
  const GstStructure *now = gst_caps_get_structure (frame->caps, 0);
  return frame->media == MEDIA_VIDEO && g_str_equal (gst_structure_get_name (before), gst_structure_get_name (now));
}

/* To be called for one frame after the other. */
static gint64
next_due_us (ViewerTrack *self, GstClockTime dts, gint64 now_us)
{
  GstClockTime step = self->newest != GST_CLOCK_TIME_NONE && dts > self->newest ? dts - self->newest : 0;

  self->newest = dts;
  self->due_us = MAX (now_us, self->due_us + (gint64)(MIN (step, MOST_STEP) / DUE_SPEED / GST_USECOND));
  return self->due_us;
}

void
viewer_track_push (ViewerTrack *self, const HubFrame *frame)
{
  Waiting *waiting = g_new (Waiting, 1);

  waiting->frame = frame_keep (frame);
  waiting->due_us = next_due_us (self, GST_BUFFER_DTS (frame->buffer), g_get_monotonic_time ());
  self->flow->waiting_bytes += gst_buffer_get_size (frame->buffer);
  g_queue_push_tail (&self->waiting, waiting);
  if (self->flow->playing && self->hungry)
    send_next (self);
}

void
viewer_track_play (ViewerTrack *self, GstRTSPStream *stream)
{
  gint64 now_us = g_get_monotonic_time ();

  self->wanted = stream != NULL && gst_rtsp_stream_is_complete (stream);
  if (!self->wanted)
    viewer_track_clear (self);
  self->due_us = 0;
  self->newest = GST_CLOCK_TIME_NONE;
  for (GList *link = self->waiting.head; link != NULL; link = link->next) {
    Waiting *waiting = link->data;
    waiting->due_us = next_due_us (self, GST_BUFFER_DTS (waiting->frame->buffer), now_us);
  }
  if (self->hungry && self->waiting.length > 0)
    send_next (self);
}

void
viewer_track_finish (ViewerTrack *self)
{
  viewer_track_clear (self);
  if (self->source != NULL)
    gst_app_src_end_of_stream (self->source);
}

static const HubFrame *
frame_of_waiting (gpointer item)
{
  return ((Waiting *)item)->frame;
}

static gsize
count_bytes (const ViewerTrack *self)
{
  gsize bytes = 0;

  for (const GList *link = self->waiting.head; link != NULL; link = link->next)
    bytes += gst_buffer_get_size (((const Waiting *)link->data)->frame->buffer);
  return bytes;
}

/* What is taken out was due all the same. */
static void
note_owed (ViewerTrack *self)
{
  const Waiting *oldest = g_queue_peek_head (&self->waiting);

  if (oldest != NULL && self->owed_us == 0)
    self->owed_us = oldest->due_us;
}

guint
viewer_track_drop_waiting (ViewerTrack *self)
{
  guint dropped = self->waiting.length;

  note_owed (self);
  gint64 owed_us = self->owed_us;
  viewer_track_clear (self);
  self->owed_us = owed_us;
  return dropped;
}

void
viewer_track_thin_out (ViewerTrack *self, ViewerGate *gate)
{
  if (self->waiting.length == 0)
    return;
  note_owed (self);
  self->flow->waiting_bytes -= count_bytes (self);
  viewer_gate_thin_out (gate, &self->waiting, frame_of_waiting, (GDestroyNotify)waiting_free);
  self->flow->waiting_bytes += count_bytes (self);
}

gint64
viewer_track_late_us (const ViewerTrack *self)
{
  const Waiting *oldest = g_queue_peek_head ((GQueue *)&self->waiting);
  gint64 due_us = self->owed_us;

  if (due_us == 0 && oldest != NULL)
    due_us = oldest->due_us;
  return due_us != 0 ? MAX (g_get_monotonic_time () - due_us, 0) : 0;
}
