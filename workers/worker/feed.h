/* One track's way into a muxer: a queue, and a thread that pushes what is in it onto the muxer's pad. Muxers block
 * their input until every track has data, and a slow disk blocks them too: both end here.
 *
 * A track that dozes is told to have ended (EOS) whenever its queue is empty, and wakened (FLUSH_STOP) by the next
 * buffer, so that the muxer does not wait for it. GstCollectPads allows that. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _Feed Feed;

/* A push failed for good with `flow`; called once, on the feed's thread. The muxer may have said why on its bus. */
typedef void (*FeedFailed) (GstFlowReturn flow, gpointer user_data);

typedef struct
{
  GstPad *sink; /* of the muxer; borrowed */
  GstCaps *caps;
  gboolean dozes;
  FeedFailed failed;
  gpointer user_data;
} FeedConfig;

Feed *feed_new (const FeedConfig *config);
/* Ends the thread, whatever is still queued. May block as long as the muxer's pad does: bring the muxer to NULL first.
 */
void feed_free (Feed *self);

/* These never block. `buffer` has the timestamps of the file: (transfer full). */
void feed_push (Feed *self, GstBuffer *buffer);
/* No more comes. The muxer is told once each of `others` is awake or through: (element-type Feed). With all tracks
 * asleep or ended it finishes the file, whatever they still have queued. They must outlive this feed's thread. */
void feed_end (Feed *self, GPtrArray *others);

/* What waits: bytes, and for how long the oldest has (microseconds). */
gsize feed_waiting (Feed *self, gint64 *age_us);
/* How many buffers the muxer has taken. */
guint64 feed_passed (Feed *self);
/* Forgets what waits but for what is being pushed; to be called when no more comes. */
void feed_drop_waiting (Feed *self);

G_END_DECLS
