#include "gop-ring.h"

/* A ring that would grow past these has no keyframe in reach; it is given up until the next one. */
#define MAX_BYTES (48 * 1024 * 1024)
#define MAX_FRAMES 6000
/* Without video there is no GOP: so many audio frames are kept. */
#define AUDIO_FRAMES 50

static void
item_free (gpointer item)
{
  HubFrame *frame = item;

  gst_buffer_unref (frame->buffer);
  gst_caps_unref (frame->caps);
  g_free (frame);
}

void
gop_ring_init (GopRing *self)
{
  g_queue_init (&self->items);
  self->bytes = 0;
}

void
gop_ring_clear (GopRing *self)
{
  g_queue_clear_full (&self->items, item_free);
  self->bytes = 0;
}

static void
drop_oldest (GopRing *self)
{
  HubFrame *oldest = g_queue_pop_head (&self->items);

  self->bytes -= gst_buffer_get_size (oldest->buffer);
  item_free (oldest);
}

void
gop_ring_append (GopRing *self, const HubFrame *frame, gint primary)
{
  if (frame->keyframe && (gint)frame->track == primary)
    gop_ring_clear (self);
  else if (primary >= 0 && self->items.length == 0)
    return;

  HubFrame *item = g_new (HubFrame, 1);
  *item = *frame;
  gst_buffer_ref (item->buffer);
  gst_caps_ref (item->caps);
  g_queue_push_tail (&self->items, item);
  self->bytes += gst_buffer_get_size (item->buffer);

  if (primary >= 0 && (self->bytes > MAX_BYTES || self->items.length > MAX_FRAMES))
    gop_ring_clear (self);
  while (primary < 0 && self->items.length > AUDIO_FRAMES)
    drop_oldest (self);
}

void
gop_ring_foreach (GopRing *self, const HubSinkFuncs *funcs, gpointer user_data)
{
  for (GList *link = self->items.head; link != NULL; link = link->next)
    funcs->frame (link->data, user_data);
}
