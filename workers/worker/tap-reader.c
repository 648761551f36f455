#include "tap-reader.h"
#include "frame.h"
#include "tap-packets.h"
#include "tap-tracks.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* What may wait. Most of it is shared with the hub's ring and with the other readers. */
#define MAX_BYTES (32 * 1024 * 1024)
#define MAX_AGE_US (4 * G_USEC_PER_SEC)
#define STALLED_US (10 * G_USEC_PER_SEC)
#define NO_TRACK (-1)

struct _TapReader
{
  Hub *hub;
  TapKind kind;
  int fd;
  guint sink;
  GThread *thread;

  GMutex lock; /* for what follows */
  GCond wake;
  GQueue waiting; /* HubFrame */
  gsize waiting_bytes;
  FrameGate gate;
  guint64 life;
  gint track;         /* that is taken; NO_TRACK: not chosen yet in this life */
  GstClockTime begin; /* on the hub's clock; GST_CLOCK_TIME_NONE: not begun */
  gboolean begun;
  gboolean over;
  gint64 progress_us;
  guint64 sent;

  TapPackets packets; /* the thread's */
};

static gboolean
is_wanted_media (const TapReader *self, const HubFrame *frame)
{
  return self->kind == TAP_ALL || frame->media == (self->kind == TAP_VIDEO ? MEDIA_VIDEO : MEDIA_AUDIO);
}

/* Of several tracks of one kind the first is taken. */
static gboolean
is_wanted_track (TapReader *self, const HubFrame *frame)
{
  if (self->kind == TAP_ALL)
    return frame->track < TAP_MAX_TRACKS;
  if (self->track == NO_TRACK && frame->keyframe)
    self->track = (gint)frame->track;
  return self->track == (gint)frame->track;
}

/* A picture begins with its keyframe; sound with the picture it is heard to, if there is one. */
static void
choose_begin (TapReader *self, const HubFrame *frame)
{
  if (self->begin == GST_CLOCK_TIME_NONE
      && (self->kind == TAP_SOUND || (frame->keyframe && is_wanted_media (self, frame))))
    self->begin = MIN (GST_BUFFER_PTS (frame->buffer), GST_BUFFER_DTS (frame->buffer));
}

static gboolean
is_before_begin (const TapReader *self, const HubFrame *frame)
{
  return self->begin == GST_CLOCK_TIME_NONE
         || (frame->media == MEDIA_AUDIO && GST_BUFFER_PTS (frame->buffer) < self->begin);
}

static void
note_life (TapReader *self, const HubFrame *frame)
{
  if (self->life == frame->life)
    return;
  self->life = frame->life;
  self->track = NO_TRACK;
  self->gate.shut = TRUE;
}

static gint64
oldest_age_us (TapReader *self)
{
  const HubFrame *oldest = g_queue_peek_head (&self->waiting);

  return oldest != NULL ? g_get_monotonic_time () - oldest->arrived_us : 0;
}

static gboolean
is_admitted (TapReader *self, const HubFrame *frame)
{
  self->gate.audio_only = self->kind == TAP_SOUND || frame->audio_only;
  if (!frame_gate_admits (&self->gate, frame, self->waiting_bytes, oldest_age_us (self)))
    return FALSE;
  /* What passed before it could begin is no loss. */
  if (!self->begun)
    self->gate.dropped = 0;
  self->begun = TRUE;
  return TRUE;
}

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  TapReader *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->over)
    return;
  note_life (self, frame);
  choose_begin (self, frame);
  if (!is_wanted_media (self, frame) || is_before_begin (self, frame) || !is_wanted_track (self, frame)
      || !is_admitted (self, frame))
    return;
  HubFrame *kept = frame_keep (frame);
  /* What comes out of the ring waits from now on. */
  kept->arrived_us = g_get_monotonic_time ();
  g_queue_push_tail (&self->waiting, kept);
  self->waiting_bytes += gst_buffer_get_size (frame->buffer);
  g_cond_signal (&self->wake);
}

static void
on_ingest_down (const char *reason, gpointer user_data)
{
  TapReader *self = user_data;

  if (self->kind == TAP_ALL)
    tap_reader_shut (self);
}

static const HubSinkFuncs sink_funcs = { on_frame, on_ingest_down };

/* The next frame, or NULL when the reader is over. (transfer full) */
static HubFrame *
take (TapReader *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->over && self->waiting.length == 0)
    g_cond_wait (&self->wake, &self->lock);
  if (self->over)
    return NULL;
  HubFrame *frame = g_queue_pop_head (&self->waiting);
  self->waiting_bytes -= gst_buffer_get_size (frame->buffer);
  return frame;
}

static void
note_progress (TapReader *self, guint frames)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->progress_us = g_get_monotonic_time ();
  self->sent += frames;
}

/* Takes the first `size` bytes off. */
static void
advance (struct iovec **parts, gsize *n_parts, gsize size)
{
  while (*n_parts > 0 && size >= (*parts)->iov_len) {
    size -= (*parts)->iov_len;
    (*parts)++;
    (*n_parts)--;
  }
  if (*n_parts > 0) {
    (*parts)->iov_base = (guint8 *)(*parts)->iov_base + size;
    (*parts)->iov_len -= size;
  }
}

/* FALSE when the other side is gone, or the reader was shut. */
static gboolean
await_room (TapReader *self)
{
  struct pollfd room = { .fd = self->fd, .events = POLLOUT };

  return poll (&room, 1, -1) >= 0 && (room.revents & (POLLERR | POLLHUP)) == 0;
}

static gboolean
send_all (TapReader *self, struct iovec *parts, gsize n_parts)
{
  while (n_parts > 0) {
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = n_parts };
    gssize sent = sendmsg (self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent > 0) {
      note_progress (self, 0);
      advance (&parts, &n_parts, (gsize)sent);
    } else if (errno != EAGAIN || !await_room (self)) {
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
send_frame (TapReader *self, const HubFrame *frame)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();
  GstMapInfo media;

  tap_packets_append (&self->packets, frame, self->begin, head);
  if (!gst_buffer_map (frame->buffer, &media, GST_MAP_READ))
    return FALSE;
  struct iovec parts[] = { { head->data, head->len }, { media.data, media.size } };
  gboolean sent = send_all (self, parts, G_N_ELEMENTS (parts));
  gst_buffer_unmap (frame->buffer, &media);
  if (sent)
    note_progress (self, 1);
  return sent;
}

static gpointer
run (gpointer user_data)
{
  TapReader *self = user_data;
  HubFrame *frame;

  while ((frame = take (self)) != NULL) {
    gboolean sent = send_frame (self, frame);
    frame_free (frame);
    if (!sent)
      tap_reader_shut (self);
  }
  return NULL;
}

TapReader *
tap_reader_new (Hub *hub, TapKind kind, int fd)
{
  TapReader *self = g_new0 (TapReader, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  g_queue_init (&self->waiting);
  self->hub = hub;
  self->kind = kind;
  self->fd = fd;
  self->gate.max_bytes = MAX_BYTES;
  self->gate.max_age_us = MAX_AGE_US;
  self->track = NO_TRACK;
  self->begin = GST_CLOCK_TIME_NONE;
  self->progress_us = g_get_monotonic_time ();
  tap_packets_init (&self->packets, hub, kind);
  self->thread = g_thread_new ("tap", run, self);
  self->sink = hub_attach (hub, &sink_funcs, self, HUB_REPLAY_GOP, NULL);
  return self;
}

void
tap_reader_shut (TapReader *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->over = TRUE;
  shutdown (self->fd, SHUT_RDWR);
  g_cond_signal (&self->wake);
}

void
tap_reader_free (TapReader *self)
{
  hub_detach (self->hub, self->sink);
  tap_reader_shut (self);
  g_thread_join (self->thread);
  g_queue_clear_full (&self->waiting, (GDestroyNotify)frame_free);
  tap_packets_clear (&self->packets);
  close (self->fd);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

/* Time without frames, as in an outage, is not the reader's fault. */
gboolean
tap_reader_is_stalled (TapReader *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 without_progress_us = g_get_monotonic_time () - self->progress_us;

  return MIN (without_progress_us, oldest_age_us (self)) > STALLED_US;
}

void
tap_reader_get_counts (TapReader *self, guint64 *sent, guint64 *dropped)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *sent = self->sent;
  *dropped = self->gate.dropped;
}
