#include "tap-door.h"
#include "unix_socket.h"

#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_READERS 16
#define CARE_S 1
/* Who comes again and again is not told of each time. */
#define REFUSAL_LOG_INTERVAL_US (10 * G_USEC_PER_SEC)

struct _TapDoor
{
  TapDoorSettings settings;
  int listener;
  guint watch;
  guint care;
  GPtrArray *guests; /* Guest */
  gint64 refusal_log_at;
  guint64 sent; /* by those who left */
  guint64 dropped;
};

typedef struct
{
  TapDoor *door;
  TapReader *reader;
  guint watch;
  gint pid;
} Guest;

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  g_clear_handle_id (&guest->watch, g_source_remove);
  tap_reader_free (guest->reader);
  g_free (guest);
}

static void
see_off (TapDoor *self, Guest *guest)
{
  guint64 sent = 0;
  guint64 dropped = 0;

  tap_reader_get_counts (guest->reader, &sent, &dropped);
  self->sent += sent;
  self->dropped += dropped;
  reporter_log (self->settings.reporter, "debug", self->settings.id,
                "the reader with pid %d is gone, after %" G_GUINT64_FORMAT " frames; %" G_GUINT64_FORMAT
                " were left out",
                guest->pid, sent, dropped);
  guest->watch = 0;
  g_ptr_array_remove_fast (self->guests, guest);
}

/* Other workers may ask for a keyframe (chain.h). What other readers say is not read: only their end matters. */
static gboolean
on_guest (int fd, GIOCondition condition, gpointer user_data)
{
  Guest *guest = user_data;
  char said[64];

  if (condition & (G_IO_HUP | G_IO_ERR)) {
    see_off (guest->door, guest);
    return G_SOURCE_REMOVE;
  }
  if (recv (fd, said, sizeof said, MSG_DONTWAIT) > 0)
    hub_request_keyframe (guest->door->settings.hub);
  return G_SOURCE_CONTINUE;
}

static gint
pid_of_peer (int fd)
{
  struct ucred peer = { 0 };
  socklen_t size = sizeof peer;

  return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

static void
let_in (TapDoor *self, int fd)
{
  Guest *guest = g_new0 (Guest, 1);

  guest->door = self;
  guest->pid = pid_of_peer (fd);
  guest->watch
      = g_unix_fd_add (fd, G_IO_HUP | G_IO_ERR | (self->settings.kind == TAP_ALL ? G_IO_IN : 0), on_guest, guest);
  guest->reader = tap_reader_new (self->settings.hub, self->settings.kind, fd);
  g_ptr_array_add (self->guests, guest);
  reporter_log (self->settings.reporter, "debug", self->settings.id, "the process %d reads", guest->pid);
}

static void
turn_away (TapDoor *self, int fd)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now_us >= self->refusal_log_at) {
    reporter_log (self->settings.reporter, "warn", self->settings.id,
                  "the process %d may not read too: there are %u readers already", pid_of_peer (fd), self->guests->len);
    self->refusal_log_at = now_us + REFUSAL_LOG_INTERVAL_US;
  }
  close (fd);
}

static gboolean
on_connection (int listener, GIOCondition condition, gpointer user_data)
{
  TapDoor *self = user_data;
  int fd = unix_socket_accept (listener, NULL);

  if (fd < 0)
    return G_SOURCE_CONTINUE;
  /* Another worker is better off when it knows at once that there is nothing. */
  if (self->settings.kind == TAP_ALL && !hub_is_live (self->settings.hub))
    close (fd);
  else if (self->guests->len >= MAX_READERS)
    turn_away (self, fd);
  else
    let_in (self, fd);
  return G_SOURCE_CONTINUE;
}

/* Those who are shut hang up. */
static gboolean
care_for_readers (gpointer user_data)
{
  TapDoor *self = user_data;

  for (guint i = 0; i < self->guests->len; i++) {
    const Guest *guest = g_ptr_array_index (self->guests, i);
    if (!tap_reader_is_stalled (guest->reader))
      continue;
    reporter_log (self->settings.reporter, "warn", self->settings.id,
                  "the process %d takes nothing any more, and is disconnected", guest->pid);
    tap_reader_shut (guest->reader);
  }
  return G_SOURCE_CONTINUE;
}

TapDoor *
tap_door_new (const TapDoorSettings *settings, int listener)
{
  TapDoor *self = g_new0 (TapDoor, 1);

  self->settings = *settings;
  self->listener = listener;
  self->guests = g_ptr_array_new_with_free_func (guest_free);
  self->watch = g_unix_fd_add (listener, G_IO_IN, on_connection, self);
  self->care = g_timeout_add_seconds (CARE_S, care_for_readers, self);
  return self;
}

void
tap_door_free (TapDoor *self)
{
  g_source_remove (self->watch);
  g_source_remove (self->care);
  g_ptr_array_unref (self->guests);
  close (self->listener);
  g_free (self);
}

void
tap_door_add_stats (TapDoor *self, TapDoorStats *stats)
{
  stats->readers += self->guests->len;
  stats->frames_sent += self->sent;
  stats->frames_dropped += self->dropped;
  for (guint i = 0; i < self->guests->len; i++) {
    guint64 sent = 0;
    guint64 dropped = 0;

    tap_reader_get_counts (((Guest *)g_ptr_array_index (self->guests, i))->reader, &sent, &dropped);
    stats->frames_sent += sent;
    stats->frames_dropped += dropped;
  }
}
