/* A feed: the running media of one mount, handed to any number of viewers (one client's media each).
 *
 * A producer (pattern.c, loop.c) makes the frames once; each viewer gets references to them. Track 0 is the leading
 * one: video where there is video. A viewer begins with a keyframe; one that falls behind loses frames up to a later
 * keyframe, so a client that does not read costs a bounded amount of memory and disturbs nobody. Feeds live as long as
 * the process.
 *
 * Times of frames are absolute: nanoseconds of the system's monotonic clock. */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

#define FEED_MAX_TRACKS 2

typedef struct _Feed Feed;

typedef struct
{
  GstElement *tracks[FEED_MAX_TRACKS]; /* appsrc; owned */
  gboolean waiting;                    /* for a keyframe to begin with */
  gpointer position;                   /* the producer's own; freed with g_free */
} Viewer;

typedef struct
{
  guint track;
  GstBuffer *buffer; /* its own timestamps are not looked at */
  GstCaps *caps;
  GstClockTime pts;
  GstClockTime dts;
  gboolean keyframe;
} FeedFrame;

/* Called when a viewer waits for a keyframe, from any thread, without the feed's lock. */
typedef void (*FeedWanted) (gpointer producer);

/* Codecs in the order of the tracks; (transfer none), static. */
Feed *feed_new (const Codec *const *codecs, guint n_codecs);
void feed_set_producer (Feed *feed, FeedWanted wanted, gpointer producer);
guint feed_n_tracks (Feed *feed);
const Codec *feed_codec (Feed *feed, guint track);

/* The mount's side. `tracks` are playing appsrc elements in the order of the tracks: (transfer none). */
Viewer *feed_join (Feed *feed, GstElement *const *tracks);
/* Frees the viewer. Nothing is pushed to it any more when this returned. */
void feed_leave (Feed *feed, Viewer *viewer);
guint feed_n_viewers (Feed *feed);
/* All viewers begin anew with a keyframe. */
void feed_restart (Feed *feed);
/* Nothing comes any more for the viewers there are: their sessions say good-bye. */
void feed_end (Feed *feed);

/* The producer's side. */
/* Gives a frame to every viewer that can take it. */
void feed_push (Feed *feed, const FeedFrame *frame);
/* Calls `visit` for every viewer with the feed's lock held; only the two functions below may be called from there. */
typedef void (*FeedVisit) (Feed *feed, Viewer *viewer, gpointer user_data);
void feed_each_viewer (Feed *feed, FeedVisit visit, gpointer user_data);
/* TRUE if a keyframe can be given to a waiting viewer. */
gboolean feed_can_begin (Feed *feed, Viewer *viewer);
/* Frames for a viewer that waits are dropped, but for a keyframe of the leading track that it can take. */
void feed_give (Feed *feed, Viewer *viewer, const FeedFrame *frame);

G_END_DECLS
