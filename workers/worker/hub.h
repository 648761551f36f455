/* The hub: the one place where media of a stream passes from the ingest to the outputs.
 *
 * Per track it keeps the current GOP as a ring of refcounted buffers and puts every frame on one clock that
 * is continuous over reconnects and file loops: nanoseconds since the hub was made, per track strictly
 * rising DTS. An attached sink gets the ring first and then every frame, without a gap or a doubled frame.
 *
 * One life of the ingest feeds it at a time. A staged life waits beside the present one for its first keyframe and
 * takes over there.
 *
 * Threads: hub_push() runs on the ingest's streaming threads. Sink callbacks run there with the hub's lock
 * held: they must not block and must not call the hub. Everything else may be called from any thread. */
#pragma once

#include "arrivals.h"
#include "readiness.h"
#include "timeline.h"
#include "track.h"

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _Hub Hub;

/* One frame (access unit) as an output sees it. Borrowed for the time of the call; the buffer may be kept by ref
 * and must not be written to (gst_buffer_copy() first: it copies the header, not the media). */
typedef struct
{
  guint track;
  Media media;
  GstBuffer *buffer;   /* PTS, DTS and duration are always valid and on the hub's clock */
  GstCaps *caps;       /* another pointer than before means another format */
  guint64 life;        /* of the ingest it came from */
  gboolean keyframe;   /* audio: always */
  gboolean audio_only; /* the source has no video */
  guint n_tracks;      /* that the source said it has */
  gint64 arrived_us;   /* g_get_monotonic_time() when it entered the hub */
} HubFrame;

#define HUB_REPLACED "replaced"

typedef struct
{
  void (*frame) (const HubFrame *frame, gpointer user_data);
  /* The present life is over. May be NULL. Not called when a staged life takes over that has the same media and
   * encodings; called with the reason HUB_REPLACED when it has others. */
  void (*ingest_down) (const char *reason, gpointer user_data);
} HubSinkFuncs;

typedef enum
{
  HUB_REPLAY_GOP, /* begin with the keyframe in the ring (nothing is replayed if there is none, or no ingest is up) */
  HUB_REPLAY_LAST_GOP, /* the same, also when the ingest is down: what a viewer joining in an outage needs for its SDP
                        */
  HUB_LIVE_ONLY        /* begin with the next frame, whatever it is */
} HubReplay;

Hub *hub_new (void);
void hub_free (Hub *hub);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Hub, hub_free)

/* Present time on the hub's clock, in nanoseconds. */
GstClockTime hub_now (Hub *hub);

/* The ingest's side. hub_begin_life() names the tracks in the order of their index: (transfer none). A life with the
 * same media and encodings as the one before continues its tracks. */
void hub_begin_life (Hub *hub, guint64 life, const Track *tracks, guint n_tracks);
/* Timestamps of `sample`'s buffer are taken as running time in its segment. (transfer none) */
void hub_push (Hub *hub, guint64 life, guint track, GstSample *sample);
/* The same for a source that keeps its own time: nanoseconds, HUB_NO_TIME where there is none. (transfer none) */
#define HUB_NO_TIME G_MININT64
void hub_push_frame (Hub *hub, guint64 life, guint track, GstBuffer *buffer, GstCaps *caps, gint64 pts, gint64 dts);
void hub_end_life (Hub *hub, guint64 life, const char *reason);

/* Whether a life is present. */
gboolean hub_is_live (Hub *hub);

/* The first frame of `life` will be that old when it is pushed: such a source begins with what it has kept. To be
 * called before hub_begin_life(). */
void hub_set_backlog (Hub *hub, guint64 life, GstClockTime backlog);

/* What `life` begins and sends counts only from its first keyframe on (without video: its first frame); there it takes
 * the place of the present life, if there is one. To be called before hub_begin_life(). One life at a time is staged.
 */
void hub_stage_life (Hub *hub, guint64 life);

/* Data of that track came in, whatever becomes of it: to be called before any jitter buffer, once for a burst of
 * packets. Takes no lock. A source that never calls it is judged by its frames. */
void hub_note_arrival (Hub *hub, guint64 life, guint track);
/* For who watches the silence: (transfer none). */
Arrivals *hub_arrivals (Hub *hub);

/* Who is told that the times a source gives a track are not what they should be (the hub's are, for all that): one, on
 * the streaming thread with the lock held, like a sink. */
typedef void (*HubTimesFunc) (guint track, TimesNews news, gint64 leap, gpointer user_data);
void hub_set_times_func (Hub *hub, HubTimesFunc func, gpointer user_data);

/* Whether `life`, present or staged, has sent any video frame, a keyframe or not (without video: any frame). */
gboolean hub_has_frames (Hub *hub, guint64 life);

/* The outputs' side. The id returned is never 0. After hub_detach() returned no callback of it runs or will run.
 * With `tracks`, the tracks that have caps at that moment are returned in it, consistent with what is replayed:
 * (transfer full) (element-type Track). */
guint hub_attach (Hub *hub, const HubSinkFuncs *funcs, gpointer user_data, HubReplay replay, GPtrArray **tracks);
void hub_detach (Hub *hub, guint id);
/* Tracks that have caps: (transfer full) (element-type Track). */
GPtrArray *hub_get_tracks (Hub *hub);
/* The same with those that have sent nothing yet. */
GPtrArray *hub_get_all_tracks (Hub *hub);

/* TRUE once a keyframe (without video: any frame) has passed, and every track has sent something or had 300 ms for it:
 * a viewer can be answered. `ready` is called once, on the main context, when that becomes true; at once if it is. */
gboolean hub_is_ready (Hub *hub);
guint hub_when_ready (Hub *hub, ReadyFunc ready, gpointer user_data);
void hub_cancel_ready (Hub *hub, guint id);

/* Asks the present life for a keyframe; the hub does so by itself while a life sends frames and no keyframe. The
 * function is set by the ingest of `life` (before or after hub_begin_life(); the end of the life unsets it) and called
 * on the main context, at most once a second. */
typedef void (*HubKeyframeFunc) (gpointer user_data);
void hub_set_keyframe_func (Hub *hub, guint64 life, HubKeyframeFunc func, gpointer user_data);
void hub_request_keyframe (Hub *hub);

/* Bytes of media held in the ring. */
gsize hub_ring_bytes (Hub *hub);

G_END_DECLS
