#include "feed.h"

#include <gst/app/gstappsrc.h>

/* A viewer that has more than MAX_BEHIND queued skips to a keyframe, once less than RESUME_BEHIND is left. */
#define MAX_BEHIND (2 * GST_SECOND)
#define RESUME_BEHIND (200 * GST_MSECOND)

struct _Feed
{
  GMutex lock; /* guards all but the codecs and the producer, which are set before anyone joins */
  const Codec *codecs[FEED_MAX_TRACKS];
  guint n_tracks;
  FeedWanted wanted;
  gpointer producer;
  GPtrArray *viewers;
};

static void
viewer_free (Viewer *viewer)
{
  for (guint i = 0; i < FEED_MAX_TRACKS; i++)
    gst_clear_object (&viewer->tracks[i]);
  g_free (viewer->position);
  g_free (viewer);
}

Feed *
feed_new (const Codec *const *codecs, guint n_codecs)
{
  Feed *feed = g_new0 (Feed, 1);

  g_assert (n_codecs <= FEED_MAX_TRACKS);
  g_mutex_init (&feed->lock);
  for (guint i = 0; i < n_codecs; i++)
    feed->codecs[i] = codecs[i];
  feed->n_tracks = n_codecs;
  feed->viewers = g_ptr_array_new_with_free_func ((GDestroyNotify)viewer_free);
  return feed;
}

void
feed_set_producer (Feed *feed, FeedWanted wanted, gpointer producer)
{
  feed->wanted = wanted;
  feed->producer = producer;
}

guint
feed_n_tracks (Feed *feed)
{
  return feed->n_tracks;
}

const Codec *
feed_codec (Feed *feed, guint track)
{
  return feed->codecs[track];
}

Viewer *
feed_join (Feed *feed, GstElement *const *tracks)
{
  Viewer *viewer = g_new0 (Viewer, 1);

  viewer->waiting = TRUE;
  for (guint i = 0; i < feed->n_tracks; i++)
    viewer->tracks[i] = gst_object_ref (tracks[i]);
  g_mutex_lock (&feed->lock);
  g_ptr_array_add (feed->viewers, viewer);
  g_mutex_unlock (&feed->lock);
  feed->wanted (feed->producer);
  return viewer;
}

void
feed_leave (Feed *feed, Viewer *viewer)
{
  g_mutex_lock (&feed->lock);
  g_ptr_array_remove_fast (feed->viewers, viewer);
  g_mutex_unlock (&feed->lock);
}

guint
feed_n_viewers (Feed *feed)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&feed->lock);

  return feed->viewers->len;
}

void
feed_restart (Feed *feed)
{
  g_mutex_lock (&feed->lock);
  for (guint i = 0; i < feed->viewers->len; i++)
    ((Viewer *)feed->viewers->pdata[i])->waiting = TRUE;
  g_mutex_unlock (&feed->lock);
  feed->wanted (feed->producer);
}

void
feed_end (Feed *feed)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&feed->lock);

  for (guint i = 0; i < feed->viewers->len; i++) {
    const Viewer *viewer = feed->viewers->pdata[i];

    for (guint track = 0; track < feed->n_tracks; track++)
      gst_app_src_end_of_stream (GST_APP_SRC (viewer->tracks[track]));
  }
}

void
feed_each_viewer (Feed *feed, FeedVisit visit, gpointer user_data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&feed->lock);

  for (guint i = 0; i < feed->viewers->len; i++)
    visit (feed, feed->viewers->pdata[i], user_data);
}

static gboolean
is_behind (Viewer *viewer, guint track, GstClockTime limit)
{
  return gst_app_src_get_current_level_time (GST_APP_SRC (viewer->tracks[track])) > limit;
}

gboolean
feed_can_begin (Feed *feed, Viewer *viewer)
{
  return !is_behind (viewer, 0, RESUME_BEHIND);
}

void
feed_give (Feed *feed, Viewer *viewer, const FeedFrame *frame)
{
  GstAppSrc *track = GST_APP_SRC (viewer->tracks[frame->track]);
  /* The clock's time at which this viewer's media began. */
  GstClockTime base = gst_element_get_base_time (GST_ELEMENT (track));
  gboolean leads = frame->track == 0;
  GstBuffer *buffer;

  if (frame->dts < base)
    return;
  if (viewer->waiting && !(leads && frame->keyframe && feed_can_begin (feed, viewer)))
    return;
  viewer->waiting = leads && is_behind (viewer, 0, MAX_BEHIND);
  if (is_behind (viewer, frame->track, MAX_BEHIND))
    return;
  buffer = gst_buffer_copy (frame->buffer); /* the header, not the media */
  GST_BUFFER_PTS (buffer) = frame->pts - base;
  GST_BUFFER_DTS (buffer) = frame->dts - base;
  gst_app_src_set_caps (track, frame->caps);
  gst_app_src_push_buffer (track, buffer);
}

static void
give_frame (Feed *feed, Viewer *viewer, gpointer frame)
{
  feed_give (feed, viewer, frame);
}

void
feed_push (Feed *feed, const FeedFrame *frame)
{
  feed_each_viewer (feed, give_frame, (gpointer)frame);
}
