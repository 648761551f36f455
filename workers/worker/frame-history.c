#include "frame-history.h"

void
frame_history_init (FrameHistory *self)
{
  *self = (FrameHistory){ 0 };
  g_queue_init (&self->items);
}

static void
item_free (gpointer data)
{
  HistoryItem *item = data;

  frame_free (item->frame);
  g_free (item);
}

void
frame_history_clear (FrameHistory *self)
{
  g_queue_clear_full (&self->items, item_free);
  self->bytes = 0;
}

static gboolean
begins_gop (const HistoryItem *item)
{
  return item->leads && item->frame->keyframe;
}

gboolean
frame_history_append (FrameHistory *self, const HubFrame *frame, gboolean leads)
{
  guint64 number = self->next_number;

  self->next_number += leads ? 1 : 0;
  if (self->items.length == 0 && !(leads && frame->keyframe))
    return FALSE;
  HistoryItem *item = g_new (HistoryItem, 1);
  *item = (HistoryItem){ .frame = frame_keep (frame), .number = number, .leads = leads };
  self->bytes += gst_buffer_get_size (frame->buffer);
  g_queue_push_tail (&self->items, item);
  return TRUE;
}

const HistoryItem *
frame_history_first (const FrameHistory *self)
{
  for (GList *link = self->items.head; link != NULL; link = link->next)
    if (begins_gop (link->data))
      return link->data;
  return NULL;
}

const HistoryItem *
frame_history_find (const FrameHistory *self, guint64 number)
{
  for (GList *link = self->items.tail; link != NULL; link = link->prev) {
    const HistoryItem *item = link->data;
    if (item->leads && item->number == number)
      return item;
  }
  return NULL;
}

const HistoryItem *
frame_history_keyframe_after (const FrameHistory *self, guint64 number)
{
  for (GList *link = self->items.head; link != NULL; link = link->next) {
    const HistoryItem *item = link->data;
    if (begins_gop (item) && item->number > number)
      return item;
  }
  return NULL;
}

const HistoryItem *
frame_history_keyframe_by_number (const FrameHistory *self, guint64 number)
{
  for (GList *link = self->items.tail; link != NULL; link = link->prev) {
    const HistoryItem *item = link->data;
    if (begins_gop (item) && item->number <= number)
      return item;
  }
  return NULL;
}

const HistoryItem *
frame_history_keyframe_by_arrival (const FrameHistory *self, gint64 arrived_us)
{
  for (GList *link = self->items.tail; link != NULL; link = link->prev) {
    const HistoryItem *item = link->data;
    if (begins_gop (item) && item->frame->arrived_us <= arrived_us)
      return item;
  }
  return NULL;
}

static gboolean
is_early_sound (const HistoryItem *item, const HistoryItem *keyframe)
{
  return keyframe != NULL && !item->leads
         && GST_BUFFER_PTS (item->frame->buffer) >= GST_BUFFER_PTS (keyframe->frame->buffer);
}

guint
frame_history_begin_with (FrameHistory *self, const HistoryItem *keyframe)
{
  guint gone = 0;
  GList *next;

  for (GList *link = self->items.head; link != NULL && link->data != keyframe; link = next) {
    HistoryItem *item = link->data;

    next = link->next;
    if (is_early_sound (item, keyframe))
      continue;
    gone += item->leads ? 1 : 0;
    self->bytes -= gst_buffer_get_size (item->frame->buffer);
    g_queue_delete_link (&self->items, link);
    item_free (item);
  }
  return gone;
}

static const HistoryItem *
second_keyframe (const FrameHistory *self)
{
  gboolean is_first = TRUE;

  for (GList *link = self->items.head; link != NULL; link = link->next) {
    if (!begins_gop (link->data))
      continue;
    if (!is_first)
      return link->data;
    is_first = FALSE;
  }
  return NULL;
}

guint
frame_history_limit (FrameHistory *self, gsize max_bytes)
{
  guint gone = 0;

  while (self->bytes > max_bytes)
    gone += frame_history_begin_with (self, second_keyframe (self));
  return gone;
}
