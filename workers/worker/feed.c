#include "feed.h"

typedef struct
{
  GstBuffer *buffer; /* NULL: the end */
  gint64 queued_us;
} Item;

struct _Feed
{
  GstPad *pad;
  GstCaps *caps;
  gboolean dozes;
  FeedFailed failed;
  gpointer user_data;
  GThread *thread;

  GMutex lock;
  GCond changed;
  GQueue items; /* the head stays in place while it is being pushed */
  gsize bytes;
  guint64 passed;
  gboolean asleep;  /* the muxer has been told that the track ended, or is about to be */
  gboolean through; /* nothing more will be pushed */
  gboolean quit;
  GPtrArray *end_after;
};

static void
item_free (Item *item)
{
  gst_clear_buffer (&item->buffer);
  g_free (item);
}

static void
enqueue (Feed *self, GstBuffer *buffer)
{
  Item *item = g_new0 (Item, 1);

  item->buffer = buffer;
  item->queued_us = g_get_monotonic_time ();
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->items, item);
  self->bytes += buffer != NULL ? gst_buffer_get_size (buffer) : 0;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static void
push_segment (Feed *self)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->pad, gst_event_new_segment (&segment));
}

static void
push_start (Feed *self)
{
  g_autofree char *id = g_strdup_printf ("dslrs-%p", (void *)self);

  gst_pad_push_event (self->pad, gst_event_new_stream_start (id));
  gst_pad_push_event (self->pad, gst_event_new_caps (self->caps));
  push_segment (self);
}

static void
wake_up (Feed *self)
{
  if (!self->asleep)
    return;
  gst_pad_push_event (self->pad, gst_event_new_flush_stop (FALSE));
  push_segment (self);
  g_mutex_lock (&self->lock);
  self->asleep = FALSE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* It counts as asleep before the muxer knows, so that none of what comes in this moment is forgotten at the end. */
static void
doze_if_empty (Feed *self)
{
  g_mutex_lock (&self->lock);
  gboolean dozes = self->items.length == 0 && !self->asleep;
  self->asleep |= dozes;
  g_mutex_unlock (&self->lock);
  if (dozes)
    gst_pad_push_event (self->pad, gst_event_new_eos ());
}

static gboolean
push_buffer (Feed *self, GstBuffer *buffer)
{
  wake_up (self);
  GstFlowReturn flow = gst_pad_push (self->pad, gst_buffer_ref (buffer));
  if (flow == GST_FLOW_NOT_LINKED || flow <= GST_FLOW_NOT_NEGOTIATED)
    self->failed (flow, self->user_data);
  return flow == GST_FLOW_OK;
}

static void
wait_until_ready_for_end (Feed *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->asleep && !self->through)
    g_cond_wait (&self->changed, &self->lock);
}

static void
push_end (Feed *self)
{
  for (guint i = 0; self->end_after != NULL && i < self->end_after->len; i++)
    wait_until_ready_for_end (g_ptr_array_index (self->end_after, i));
  if (!self->asleep)
    gst_pad_push_event (self->pad, gst_event_new_eos ());
}

/* FALSE when nothing more can be pushed. */
static gboolean
push_item (Feed *self, const Item *item)
{
  if (item->buffer != NULL)
    return push_buffer (self, item->buffer);
  push_end (self);
  return FALSE;
}

static void
drop_head (Feed *self, gboolean passed)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Item *item = g_queue_pop_head (&self->items);

  self->bytes -= item->buffer != NULL ? gst_buffer_get_size (item->buffer) : 0;
  self->passed += passed ? 1 : 0;
  item_free (item);
}

static const Item *
wait_for_item (Feed *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->items.length == 0 && !self->quit)
    g_cond_wait (&self->changed, &self->lock);
  return self->quit ? NULL : g_queue_peek_head (&self->items);
}

static gpointer
run (gpointer user_data)
{
  Feed *self = user_data;
  gboolean going = TRUE;
  const Item *item;

  push_start (self);
  if (self->asleep)
    gst_pad_push_event (self->pad, gst_event_new_eos ());
  while (going && (item = wait_for_item (self)) != NULL) {
    going = push_item (self, item);
    drop_head (self, going);
    if (going && self->dozes)
      doze_if_empty (self);
  }
  g_mutex_lock (&self->lock);
  self->through = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return NULL;
}

Feed *
feed_new (const FeedConfig *config)
{
  Feed *self = g_new0 (Feed, 1);

  self->pad = gst_object_ref_sink (gst_pad_new ("feed", GST_PAD_SRC));
  self->caps = gst_caps_ref (config->caps);
  self->dozes = config->dozes;
  self->asleep = config->dozes;
  self->failed = config->failed;
  self->user_data = config->user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->items);
  gst_pad_set_active (self->pad, TRUE);
  gst_pad_link (self->pad, config->sink);
  self->thread = g_thread_new ("feed", run, self);
  return self;
}

static void
stop_thread (Feed *self)
{
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
}

void
feed_free (Feed *self)
{
  stop_thread (self);
  gst_pad_set_active (self->pad, FALSE);
  gst_object_unref (self->pad);
  gst_caps_unref (self->caps);
  g_queue_clear_full (&self->items, (GDestroyNotify)item_free);
  g_clear_pointer (&self->end_after, g_ptr_array_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

void
feed_push (Feed *self, GstBuffer *buffer)
{
  enqueue (self, buffer);
}

void
feed_end (Feed *self, GPtrArray *others)
{
  self->end_after = g_ptr_array_ref (others);
  enqueue (self, NULL);
}

gsize
feed_waiting (Feed *self, gint64 *age_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Item *oldest = g_queue_peek_head (&self->items);

  *age_us = oldest != NULL ? g_get_monotonic_time () - oldest->queued_us : 0;
  return self->bytes;
}

guint64
feed_passed (Feed *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->passed;
}

void
feed_drop_waiting (Feed *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->items.length > 1) {
    Item *item = g_queue_pop_tail (&self->items);
    self->bytes -= item->buffer != NULL ? gst_buffer_get_size (item->buffer) : 0;
    item_free (item);
  }
}
