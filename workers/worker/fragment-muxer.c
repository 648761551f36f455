#include "fragment-muxer.h"
#include "fragment-boxes.h"

#define ELEMENT "dslrsmp4mux"
/* Five frames of AAC or Opus: a source of sound alone, or of few pictures, loses no more of it. */
#define SOUND_WAITS (100 * GST_MSECOND)

G_DECLARE_FINAL_TYPE (FragmentMuxer, fragment_muxer, FRAGMENT, MUXER, GstElement)

struct _FragmentMuxer
{
  GstElement parent;
  GstPad *src;

  /* For the rest. It is held while a fragment is pushed: what comes on other pads belongs behind it. */
  GMutex lock;
  GCond changed;
  GPtrArray *tracks;  /* FragmentTrack; that of a pad is its private data */
  GstFlowReturn flow; /* other than GST_FLOW_OK: nothing is taken any more */
  gboolean started;   /* the stream has its caps */
  guint32 fragments;  /* 0: the head is still to be written */
};

G_DEFINE_FINAL_TYPE (FragmentMuxer, fragment_muxer, GST_TYPE_ELEMENT)

#define VIDEO_CAPS                                                                                                     \
  "video/x-h264, stream-format=(string)avc, alignment=(string)au;"                                                     \
  "video/x-h265, stream-format=(string)hvc1, alignment=(string)au"
#define AUDIO_CAPS "audio/mpeg, mpegversion=(int)4, stream-format=(string)raw; audio/x-opus"
#define SRC_CAPS "video/quicktime, variant=(string)iso"

static GstStaticPadTemplate video_template
    = GST_STATIC_PAD_TEMPLATE ("video_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (VIDEO_CAPS));
static GstStaticPadTemplate audio_template
    = GST_STATIC_PAD_TEMPLATE ("audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (AUDIO_CAPS));
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (SRC_CAPS));

/* What a stream says before its bytes. */
static void
start (FragmentMuxer *self)
{
  GstSegment segment;

  if (self->started)
    return;
  self->started = TRUE;
  g_autoptr (GstCaps) caps = gst_static_pad_template_get_caps (&src_template);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (self->src, gst_event_new_stream_start (ELEMENT));
  gst_pad_push_event (self->src, gst_event_new_caps (caps));
  gst_pad_push_event (self->src, gst_event_new_segment (&segment));
}

static GstBuffer *
buffer_of (GByteArray *boxes)
{
  return gst_buffer_new_wrapped_bytes (g_byte_array_free_to_bytes (boxes));
}

static GstFlowReturn
push_head (FragmentMuxer *self)
{
  start (self);
  return gst_pad_push (self->src, buffer_of (fragment_boxes_head (self->tracks)));
}

static void
take_waiting (FragmentMuxer *self, Media media, GArray *runs, GstBufferList *frames)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    FragmentTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->media == media)
      fragment_track_take (track, runs, frames);
  }
}

/* Sound first: a write that is cut off leaves what came before the picture. */
static GstFlowReturn
push_fragment (FragmentMuxer *self)
{
  g_autoptr (GstBufferList) list = gst_buffer_list_new ();
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (FragmentRun));
  GstFlowReturn flow = GST_FLOW_OK;

  g_array_set_clear_func (runs, (GDestroyNotify)fragment_run_clear);
  take_waiting (self, MEDIA_AUDIO, runs, list);
  take_waiting (self, MEDIA_VIDEO, runs, list);
  if (runs->len == 0)
    return GST_FLOW_OK;
  if (self->fragments++ == 0)
    flow = push_head (self);
  if (flow != GST_FLOW_OK)
    return flow;
  GByteArray *boxes = g_byte_array_new ();
  fragment_boxes_add (boxes, self->fragments, runs);
  gst_buffer_list_insert (list, 0, buffer_of (boxes));
  return gst_pad_push_list (self->src, g_steal_pointer (&list));
}

static gboolean
misses_a_format (const FragmentMuxer *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const FragmentTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->format == NULL && !track->ended)
      return TRUE;
  }
  return FALSE;
}

/* TRUE when frames may be written. */
static gboolean
wait_for_formats (FragmentMuxer *self)
{
  while (self->flow == GST_FLOW_OK && misses_a_format (self))
    g_cond_wait (&self->changed, &self->lock);
  return self->flow == GST_FLOW_OK;
}

static void
fail (FragmentMuxer *self, const GError *error)
{
  self->flow = GST_FLOW_ERROR;
  g_cond_broadcast (&self->changed);
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR, error->domain, error->code,
                            g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
}

/* (transfer full) */
static GstFlowReturn
take (FragmentMuxer *self, FragmentTrack *track, GstBuffer *buffer)
{
  g_autoptr (GstBuffer) owned = buffer;
  g_autoptr (GError) error = NULL;

  if (!wait_for_formats (self))
    return self->flow;
  if (track->ended || track->format == NULL)
    return track->ended ? GST_FLOW_EOS : GST_FLOW_NOT_NEGOTIATED;
  if (!fragment_track_add (track, g_steal_pointer (&owned), &error)) {
    fail (self, error);
    return GST_FLOW_ERROR;
  }
  gboolean due = track->media == MEDIA_VIDEO || fragment_track_waits_for (track) >= SOUND_WAITS;
  return due ? push_fragment (self) : GST_FLOW_OK;
}

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  FragmentMuxer *self = FRAGMENT_MUXER (parent);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return take (self, gst_pad_get_element_private (pad), buffer);
}

static gboolean
note_caps (FragmentMuxer *self, FragmentTrack *track, GstEvent *event)
{
  g_autoptr (GError) error = NULL;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (!fragment_track_set_format (track, caps, &error)) {
    fail (self, error);
    return FALSE;
  }
  g_cond_broadcast (&self->changed);
  return TRUE;
}

static void
note_segment (FragmentTrack *track, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_TIME)
    gst_segment_copy_into (segment, &track->segment);
}

static gboolean
have_all_ended (const FragmentMuxer *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (!((FragmentTrack *)g_ptr_array_index (self->tracks, i))->ended)
      return FALSE;
  return TRUE;
}

static void
end_track (FragmentMuxer *self, FragmentTrack *track)
{
  track->ended = TRUE;
  g_cond_broadcast (&self->changed);
  if (self->flow != GST_FLOW_OK || !have_all_ended (self))
    return;
  push_fragment (self);
  start (self);
  gst_pad_push_event (self->src, gst_event_new_eos ());
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  FragmentMuxer *self = FRAGMENT_MUXER (parent);
  FragmentTrack *track = gst_pad_get_element_private (pad);
  g_autoptr (GstEvent) owned = event;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    return note_caps (self, track, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    note_segment (track, event);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    end_track (self, track);
  return TRUE;
}

/* Whoever waits on a pad that is to be stopped has to leave it first. */
static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  FragmentMuxer *self = FRAGMENT_MUXER (element);

  g_mutex_lock (&self->lock);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    self->flow = GST_FLOW_OK;
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    self->flow = GST_FLOW_FLUSHING;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return GST_ELEMENT_CLASS (fragment_muxer_parent_class)->change_state (element, transition);
}

/* Once the head is written there is no room for another track. */
static FragmentTrack *
add_track (FragmentMuxer *self, Media media)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->fragments > 0)
    return NULL;
  FragmentTrack *track = fragment_track_new (self->tracks->len + 1, media);
  g_ptr_array_add (self->tracks, track);
  return track;
}

static GstPad *
request_pad (GstElement *element, GstPadTemplate *template, const gchar *name, const GstCaps *caps)
{
  Media media = g_str_equal (GST_PAD_TEMPLATE_NAME_TEMPLATE (template), "video_%u") ? MEDIA_VIDEO : MEDIA_AUDIO;
  FragmentTrack *track = add_track (FRAGMENT_MUXER (element), media);

  if (track == NULL)
    return NULL;
  g_autofree char *given = g_strdup_printf (media == MEDIA_VIDEO ? "video_%u" : "audio_%u", track->id - 1);
  GstPad *pad = gst_pad_new_from_template (template, given);
  gst_pad_set_element_private (pad, track);
  gst_pad_set_chain_function (pad, on_buffer);
  gst_pad_set_event_function (pad, on_event);
  gst_element_add_pad (element, pad);
  return pad;
}

static void
finalize (GObject *object)
{
  FragmentMuxer *self = FRAGMENT_MUXER (object);

  g_ptr_array_unref (self->tracks);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (fragment_muxer_parent_class)->finalize (object);
}

static void
fragment_muxer_init (FragmentMuxer *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify)fragment_track_free);
  self->flow = GST_FLOW_FLUSHING;
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_use_fixed_caps (self->src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}

static void
fragment_muxer_class_init (FragmentMuxerClass *class)
{
  GstElementClass *element = GST_ELEMENT_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = finalize;
  element->change_state = change_state;
  element->request_new_pad = request_pad;
  gst_element_class_add_static_pad_template (element, &video_template);
  gst_element_class_add_static_pad_template (element, &audio_template);
  gst_element_class_add_static_pad_template (element, &src_template);
  gst_element_class_set_static_metadata (element, "MP4 muxer that never waits", "Codec/Muxer",
                                         "Writes each frame as a fragment as soon as it comes", "dslrs");
}

void
fragment_muxer_register (void)
{
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_element_register (NULL, ELEMENT, GST_RANK_NONE, fragment_muxer_get_type ());
    g_once_init_leave (&registered, 1);
  }
}
