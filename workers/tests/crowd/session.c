#include "session.h"
#include "interleaved.h"
#include "rtsp-address.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_TRACKS 4
#define READ_BYTES (256 * 1024)
#define ETHERNET_SEGMENT 1448

struct _Session
{
  const SessionPlan *plan;
  RtpCount *video;
  int fd;
  SessionState state;
  gint64 began_us;
  guint status;
  GByteArray *received;

  guint sequence;
  guint asked; /* requests that were answered */
  char *id;
  GPtrArray *controls; /* absolute, one a track */
  guint video_track;
};

static int
connect_to (const SessionPlan *plan)
{
  struct sockaddr_in address;

  if (!rtsp_address (plan->url, &address))
    return -1;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int buffer = (int)plan->receive_buffer;
  int segment = ETHERNET_SEGMENT;

  if (buffer > 0) {
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt (fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  }
  if (connect (fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
    close (fd);
    return -1;
  }
  return fd;
}

Session *
session_new (const SessionPlan *plan, RtpCount *video, gint64 now_us)
{
  Session *self = g_new0 (Session, 1);

  self->plan = plan;
  self->video = video;
  self->began_us = now_us;
  self->received = g_byte_array_new ();
  self->controls = g_ptr_array_new_with_free_func (g_free);
  self->fd = connect_to (plan);
  if (self->fd < 0)
    self->state = SESSION_OVER;
  rtp_count_restart (video);
  return self;
}

void
session_free (Session *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_byte_array_unref (self->received);
  g_ptr_array_unref (self->controls);
  g_free (self->id);
  g_free (self);
}

int
session_fd (const Session *self)
{
  return self->fd;
}

SessionState
session_state (const Session *self)
{
  return self->state;
}

guint
session_status (const Session *self)
{
  return self->status;
}

gint64
session_began_us (const Session *self)
{
  return self->began_us;
}

static void
ask (Session *self, const char *method, const char *url, const char *more)
{
  g_autoptr (GString) request = g_string_new (NULL);

  g_string_append_printf (request, "%s %s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: dslrs-crowd\r\n", method, url,
                          ++self->sequence);
  if (self->id != NULL)
    g_string_append_printf (request, "Session: %s\r\n", self->id);
  g_string_append_printf (request, "%s\r\n", more);
  /* A socket that does not take that little will not do for what follows either. */
  if (send (self->fd, request->str, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
    self->state = SESSION_OVER;
}

static void
ask_for_track (Session *self, guint track)
{
  g_autofree char *transport
      = g_strdup_printf ("Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u\r\n", 2 * track, 2 * track + 1);

  ask (self, "SETUP", g_ptr_array_index (self->controls, track), transport);
}

/* In the order of a player: OPTIONS, DESCRIBE, SETUP of each track, PLAY. */
static void
ask_next (Session *self)
{
  guint tracks = self->controls->len;

  self->asked++;
  if (self->plan->knocks)
    self->state = SESSION_DONE;
  else if (self->asked == 1)
    ask (self, "DESCRIBE", self->plan->url, "Accept: application/sdp\r\n");
  else if (self->asked < 2 + tracks)
    ask_for_track (self, self->asked - 2);
  else if (self->asked == 2 + tracks)
    ask (self, "PLAY", self->plan->url, "Range: npt=0.000-\r\n");
  else
    self->state = SESSION_PLAYING;
}

void
session_write (Session *self)
{
  if (self->state != SESSION_CONNECTING)
    return;
  self->state = SESSION_ASKING;
  ask (self, "OPTIONS", self->plan->url, "");
}

void
session_keep_alive (Session *self)
{
  if (self->state == SESSION_PLAYING)
    ask (self, "GET_PARAMETER", self->plan->url, "");
}

void
session_leave (Session *self)
{
  self->state = SESSION_LEAVING;
  ask (self, "TEARDOWN", self->plan->url, "");
}

static void
read_tracks (Session *self, const char *answer)
{
  g_autofree char *base = interleaved_value (answer, "\nContent-Base:");
  g_auto (GStrv) sections = g_strsplit (answer, "\nm=", 0);

  for (guint i = 1; sections[0] != NULL && sections[i] != NULL && self->controls->len < MAX_TRACKS; i++) {
    g_autofree char *control = interleaved_value (sections[i], "\na=control:");
    gboolean absolute = control != NULL && g_str_has_prefix (control, "rtsp://");
    const char *before = absolute ? "" : base != NULL ? base : self->plan->url;

    if (g_str_has_prefix (sections[i], "video"))
      self->video_track = self->controls->len;
    g_ptr_array_add (self->controls, g_strconcat (before, g_str_has_suffix (before, "/") || absolute ? "" : "/",
                                                  control != NULL ? control : "", NULL));
  }
}

static void
on_answer (Session *self, const char *answer)
{
  guint status = 0;

  sscanf (answer, "RTSP/%*s %u", &status);
  if (status != 200)
    self->status = status;
  if (status != 200)
    self->state = SESSION_OVER;
  else if (self->state == SESSION_LEAVING)
    self->state = SESSION_DONE;
  if (self->state != SESSION_ASKING)
    return;
  if (self->controls->len == 0)
    read_tracks (self, answer);
  if (self->id == NULL && (self->id = interleaved_value (answer, "\nSession:")) != NULL)
    self->id[strcspn (self->id, ";")] = '\0';
  ask_next (self);
}

static void
take (Session *self, const InterleavedItem *item, gint64 now_us)
{
  if (item->channel < 0) {
    g_autofree char *answer = g_strndup ((const char *)item->data, item->size);
    on_answer (self, answer);
  } else if (item->channel == (int)(2 * self->video_track)) {
    rtp_count_packet (self->video, item->data, item->size, now_us);
  }
}

static void
take_all (Session *self, gint64 now_us)
{
  GByteArray *received = self->received;
  InterleavedItem item;
  gsize at = 0, taken;

  while (self->state < SESSION_DONE
         && (taken = interleaved_take (received->data + at, received->len - at, &item)) > 0) {
    take (self, &item, now_us);
    at += taken;
  }
  g_byte_array_remove_range (received, 0, (guint)at);
}

void
session_read (Session *self, gsize limit, gint64 now_us)
{
  guint before = self->received->len;
  gsize wanted = MIN (limit, READ_BYTES);

  if (self->state >= SESSION_DONE || wanted == 0)
    return;
  g_byte_array_set_size (self->received, before + (guint)wanted);
  ssize_t n_read = recv (self->fd, self->received->data + before, wanted, 0);
  gboolean failed = n_read < 0 && errno != EAGAIN;

  g_byte_array_set_size (self->received, before + (guint)MAX (n_read, 0));
  take_all (self, now_us);
  if ((n_read == 0 || failed) && self->state != SESSION_DONE)
    self->state = SESSION_OVER;
}
