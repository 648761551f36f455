#include "frame-packer.h"

struct _FramePacker
{
  GstElement parent;
  GstPad *sink;
  GstPad *source;
  GstBufferList *pending; /* of one picture; NULL between two */
};

G_DEFINE_TYPE (FramePacker, frame_packer, GST_TYPE_ELEMENT)

static GstFlowReturn
send_pending (FramePacker *self)
{
  GstBufferList *list = g_steal_pointer (&self->pending);

  return list != NULL ? gst_pad_push_list (self->source, list) : GST_FLOW_OK;
}

static gboolean
is_of_another_picture (FramePacker *self, GstBuffer *packet)
{
  return self->pending != NULL && GST_BUFFER_PTS (gst_buffer_list_get (self->pending, 0)) != GST_BUFFER_PTS (packet);
}

/* The marker bit (RFC 3550, 5.1). */
static gboolean
is_last_of_picture (GstBuffer *packet)
{
  guint8 byte = 0;

  return gst_buffer_extract (packet, 1, &byte, 1) == 1 && (byte & 0x80) != 0;
}

/* `packet`: (transfer full) */
static GstFlowReturn
take (FramePacker *self, GstBuffer *packet)
{
  GstFlowReturn flow = is_of_another_picture (self, packet) ? send_pending (self) : GST_FLOW_OK;
  gboolean is_last = is_last_of_picture (packet);

  if (self->pending == NULL)
    self->pending = gst_buffer_list_new ();
  gst_buffer_list_add (self->pending, packet);
  return flow == GST_FLOW_OK && is_last ? send_pending (self) : flow;
}

static GstFlowReturn
frame_packer_chain (GstPad *pad, GstObject *parent, GstBuffer *packet)
{
  return take (FRAME_PACKER (parent), packet);
}

static GstFlowReturn
frame_packer_chain_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < gst_buffer_list_length (list) && flow == GST_FLOW_OK; i++)
    flow = take (FRAME_PACKER (parent), gst_buffer_ref (gst_buffer_list_get (list, i)));
  gst_buffer_list_unref (list);
  return flow;
}

/* RFC 4585 and RFC 5104, as GStreamer has them in caps. `event`: (transfer full) */
static GstEvent *
with_feedback (GstEvent *event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  caps = gst_caps_copy (caps);
  gst_caps_set_simple (caps, "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE, "rtcp-fb-ccm-fir", G_TYPE_BOOLEAN, TRUE, NULL);
  GstEvent *with = gst_event_new_caps (caps);
  gst_event_set_seqnum (with, gst_event_get_seqnum (event));
  gst_caps_unref (caps);
  gst_event_unref (event);
  return with;
}

static gboolean
frame_packer_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  FramePacker *self = FRAME_PACKER (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    g_clear_pointer (&self->pending, gst_buffer_list_unref);
  else if (GST_EVENT_IS_SERIALIZED (event))
    send_pending (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    event = with_feedback (event);
  return gst_pad_push_event (self->source, event);
}

static void
frame_packer_finalize (GObject *object)
{
  g_clear_pointer (&FRAME_PACKER (object)->pending, gst_buffer_list_unref);
  G_OBJECT_CLASS (frame_packer_parent_class)->finalize (object);
}

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-rtp"));
static GstStaticPadTemplate source_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-rtp"));

static void
frame_packer_class_init (FramePackerClass *class)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = frame_packer_finalize;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &source_template);
  gst_element_class_set_static_metadata (element_class, "Frame packer", "Filter/Network/RTP",
                                         "Makes one list of the RTP packets of a picture", "dslrs");
}

static void
frame_packer_init (FramePacker *self)
{
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  self->source = gst_pad_new_from_static_template (&source_template, "src");
  gst_pad_set_chain_function (self->sink, frame_packer_chain);
  gst_pad_set_chain_list_function (self->sink, frame_packer_chain_list);
  gst_pad_set_event_function (self->sink, frame_packer_event);
  GST_PAD_SET_PROXY_CAPS (self->sink);
  GST_PAD_SET_PROXY_ALLOCATION (self->sink);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  gst_element_add_pad (GST_ELEMENT (self), self->source);
}

GstElement *
frame_packer_new (void)
{
  return g_object_new (frame_packer_get_type (), NULL);
}
