#include "crowd.h"
#include "report.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/epoll.h>

#define READ_ALL G_MAXSIZE
/* How often a slow viewer reads. */
#define SLOW_TICK_US (50 * 1000)
#define KEEP_ALIVE_US (20 * G_USEC_PER_SEC)
/* Before one tries again whom the other side did not want or ended. */
#define RETRY_US (20 * 1000)

typedef struct
{
  Watcher watcher;
  Group *group;
  Session *session; /* NULL between two visits */
  RtpCount video;
  guint64 whole_before; /* of the visits before this one */
  gint64 due_us;
  guint visits; /* those that saw a frame or, where it knocks, an answer */
  guint ended;  /* by the other side */
  guint refused;
  guint status;  /* of the last refusal */
  gboolean seen; /* in this visit */
} Member;

struct _Group
{
  char *name;
  int epoll;
  SessionPlan plan;
  gsize slow_bytes; /* each tick; 0: reads all there is */
  gboolean returns; /* comes back after each visit */
  gint64 stay_us;   /* from the first frame on */
  guint times;      /* visits of all together after which nobody comes again; 0: no end */
  guint begun;      /* visits */
  GPtrArray *members;
  GArray *first_frames; /* gint64, µs from connect to the first whole frame, or the answer */
};

static gboolean
is_slow (const Member *self)
{
  return self->group->slow_bytes > 0;
}

static void
watch (Member *self, guint32 events, int how)
{
  struct epoll_event event = { .events = events, .data.ptr = self };

  epoll_ctl (self->group->epoll, how, session_fd (self->session), &event);
}

static void
come (Member *self, gint64 now_us)
{
  Group *group = self->group;

  self->due_us = G_MAXINT64;
  if (group->times > 0 && group->begun >= group->times)
    return;
  group->begun++;
  self->seen = FALSE;
  self->whole_before = self->video.whole;
  self->session = session_new (&group->plan, &self->video, now_us);
  if (session_fd (self->session) >= 0)
    watch (self, EPOLLOUT, EPOLL_CTL_ADD);
}

static void
go (Member *self, gint64 now_us)
{
  g_clear_pointer (&self->session, session_free);
  self->due_us = self->group->returns ? now_us : G_MAXINT64;
}

/* Half of those who come and go say so. */
static void
leave (Member *self, gint64 now_us)
{
  if (self->visits % 2 == 0) {
    self->due_us = G_MAXINT64;
    session_leave (self->session);
  } else {
    go (self, now_us);
  }
}

static void
note_first_frame (Member *self, gint64 now_us)
{
  Group *group = self->group;
  gint64 after_us = now_us - session_began_us (self->session);

  self->seen = TRUE;
  self->visits++;
  g_array_append_val (group->first_frames, after_us);
  self->due_us = group->returns ? now_us + group->stay_us : now_us + KEEP_ALIVE_US;
}

static void
note_end (Member *self, gint64 now_us)
{
  gboolean as_wanted = session_state (self->session) == SESSION_DONE;

  if (as_wanted && !self->seen)
    note_first_frame (self, now_us);
  else if (!as_wanted && session_status (self->session) == 0)
    self->ended++;
  if (session_status (self->session) != 0) {
    self->refused++;
    self->status = session_status (self->session);
  }
  go (self, now_us);
  if (!as_wanted && self->due_us != G_MAXINT64)
    self->due_us = now_us + RETRY_US;
}

static void
read_some (Member *self, gint64 now_us)
{
  SessionState before = session_state (self->session);
  gsize limit = is_slow (self) && before == SESSION_PLAYING ? self->group->slow_bytes : READ_ALL;

  session_read (self->session, limit, now_us);
  SessionState state = session_state (self->session);
  if (self->video.whole > self->whole_before && !self->seen)
    note_first_frame (self, now_us);
  if (state >= SESSION_DONE) {
    note_end (self, now_us);
  } else if (is_slow (self) && state == SESSION_PLAYING && before != SESSION_PLAYING) {
    watch (self, 0, EPOLL_CTL_DEL);
    self->due_us = now_us + SLOW_TICK_US;
  }
}

static void
on_event (gpointer member, guint32 events, gint64 now_us)
{
  Member *self = member;

  if (self->session == NULL)
    return;
  if (session_state (self->session) == SESSION_CONNECTING) {
    session_write (self->session);
    watch (self, EPOLLIN, EPOLL_CTL_MOD);
  } else {
    read_some (self, now_us);
  }
  if (self->session != NULL && session_state (self->session) == SESSION_OVER)
    note_end (self, now_us);
}

static void
do_due (Member *self, gint64 now_us)
{
  if (self->session == NULL) {
    come (self, now_us);
  } else if (session_state (self->session) == SESSION_OVER) {
    note_end (self, now_us);
  } else if (is_slow (self)) {
    self->due_us = now_us + SLOW_TICK_US;
    read_some (self, now_us);
  } else if (self->group->returns) {
    leave (self, now_us);
  } else {
    self->due_us = now_us + KEEP_ALIVE_US;
    session_keep_alive (self->session);
  }
}

gint64
group_tick (Group *self, gint64 now_us)
{
  gint64 next_us = G_MAXINT64;

  for (guint i = 0; i < self->members->len; i++) {
    Member *member = g_ptr_array_index (self->members, i);

    if (member->due_us <= now_us)
      do_due (member, now_us);
    next_us = MIN (next_us, member->due_us);
  }
  return next_us;
}

static void
member_free (gpointer data)
{
  Member *self = data;

  g_clear_pointer (&self->session, session_free);
  rtp_count_clear (&self->video);
  g_free (self);
}

void
group_free (Group *self)
{
  g_ptr_array_unref (self->members);
  g_array_unref (self->first_frames);
  g_free (self->plan.url);
  g_free (self->name);
  g_free (self);
}

static void
add_members (Group *self, guint count, gboolean with_arrivals)
{
  for (guint i = 0; i < count; i++) {
    Member *member = g_new0 (Member, 1);

    member->watcher.event = on_event;
    member->group = self;
    rtp_count_init (&member->video, with_arrivals);
    g_ptr_array_add (self->members, member);
  }
}

Group *
group_new (JsonObject *order, int epoll, GError **error)
{
  const char *does = json_object_get_string_member_with_default (order, "does", "watch");
  const char *url = json_object_get_string_member_with_default (order, "url", "");
  gint64 bytes_per_second = json_object_get_int_member_with_default (order, "bytesPerSecond", 0);

  if (!g_strv_contains ((const char *const[]){ "watch", "hop", "knock", NULL }, does)
      || !g_str_has_prefix (url, "rtsp://")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no viewer does \"%s\" with \"%s\"", does, url);
    return NULL;
  }
  Group *self = g_new0 (Group, 1);
  self->name = g_strdup (json_object_get_string_member_with_default (order, "group", does));
  self->epoll = epoll;
  self->plan.url = g_strdup (url);
  self->plan.knocks = g_str_equal (does, "knock");
  self->plan.receive_buffer = (guint)json_object_get_int_member_with_default (order, "receiveBuffer", 0);
  self->slow_bytes = (gsize)bytes_per_second * SLOW_TICK_US / G_USEC_PER_SEC;
  self->returns = !g_str_equal (does, "watch");
  self->stay_us = json_object_get_int_member_with_default (order, "stayMs", 0) * 1000;
  self->times = (guint)json_object_get_int_member_with_default (order, "times", 0);
  self->members = g_ptr_array_new_with_free_func (member_free);
  self->first_frames = g_array_new (FALSE, FALSE, sizeof (gint64));
  add_members (self, (guint)json_object_get_int_member_with_default (order, "count", 1),
               json_object_get_boolean_member_with_default (order, "arrivals", FALSE));
  return self;
}

JsonNode *
group_report (Group *self)
{
  JsonBuilder *builder = report_begin (self->name, self->first_frames);

  for (guint i = 0; i < self->members->len; i++) {
    const Member *member = g_ptr_array_index (self->members, i);
    const ViewerReport report = {
      .playing = member->session != NULL && session_state (member->session) == SESSION_PLAYING,
      .video = &member->video,
      .visits = member->visits,
      .ended = member->ended,
      .refused = member->refused,
      .status = member->status,
    };

    report_viewer (builder, &report);
  }
  return report_end (builder);
}
