#include "viewer-group.h"
#include "client-socket.h"
#include "farewell.h"

/* Of one report; a line of the control protocol has its limit. */
#define MOST_IN_A_REPORT 128

struct _ViewerGroup
{
  Reporter *reporter;
  char *id;
  gint *last_number;

  GMutex lock;
  Access *access; /* NULL: everybody may watch */
  gboolean muted;
  guint most;
  GPtrArray *members; /* ViewerMember */
  guint64 sent;       /* by those who left */
  guint64 dropped;
  guint64 refused;
};

static ViewerMember *
member_at (ViewerGroup *self, guint index)
{
  return g_ptr_array_index (self->members, index);
}

static ViewerMember *
find (ViewerGroup *self, guint number)
{
  for (guint i = 0; i < self->members->len; i++)
    if (member_at (self, i)->number == number)
      return member_at (self, i);
  return NULL;
}

ViewerGroup *
viewer_group_new (Reporter *reporter, const char *id, gint *last_number)
{
  ViewerGroup *self = g_atomic_rc_box_new0 (ViewerGroup);

  self->reporter = reporter;
  self->id = g_strdup (id);
  self->last_number = last_number;
  self->members = g_ptr_array_new_with_free_func (viewer_member_free);
  g_mutex_init (&self->lock);
  return self;
}

ViewerGroup *
viewer_group_ref (ViewerGroup *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
viewer_group_clear (gpointer data)
{
  ViewerGroup *self = data;

  g_ptr_array_unref (self->members);
  g_clear_pointer (&self->access, access_unref);
  g_mutex_clear (&self->lock);
  g_free (self->id);
}

void
viewer_group_unref (ViewerGroup *self)
{
  g_atomic_rc_box_release_full (self, viewer_group_clear);
}

void
viewer_group_set_most (ViewerGroup *self, guint most)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->most = most;
}

static guint
next_number (ViewerGroup *self)
{
  return (guint)g_atomic_int_add (self->last_number, 1) + 1;
}

guint
viewer_group_add (ViewerGroup *self, Viewer *viewer, GstRTSPClient *client)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->most > 0 && self->members->len >= self->most) {
    self->refused++;
    return 0;
  }
  guint number = next_number (self);
  g_ptr_array_add (self->members, viewer_member_new (number, viewer, client));
  return number;
}

void
viewer_group_joined (ViewerGroup *self, guint number, GstRTSPSession *session, const ViewerIdentity *identity)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  ViewerMember *member = find (self, number);

  if (member == NULL || member->joined)
    return;
  viewer_member_join (member, session, identity);
  if (self->muted)
    return;
  ViewerSummary summary = viewer_member_summary (member);
  output_report_viewer_joined (self->reporter, self->id, &summary);
}

void
viewer_group_remove (ViewerGroup *self, guint number)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  ViewerMember *member = find (self, number);

  if (member == NULL)
    return;
  ViewerSummary summary = viewer_member_summary (member);
  self->sent += summary.frames_sent;
  self->dropped += summary.frames_dropped;
  if (member->joined && !self->muted)
    output_report_viewer_left (self->reporter, self->id, &summary);
  g_ptr_array_remove (self->members, member);
}

void
viewer_group_show_still (ViewerGroup *self, const HubFrame *still)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++)
    viewer_show_still (member_at (self, i)->viewer, still);
}

void
viewer_group_keep_sessions (ViewerGroup *self)
{
  /* The last reference to a session must not go while the lock is held: its end removes its viewer. */
  g_autoptr (GPtrArray) sessions = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++) {
    GstRTSPSession *session = g_weak_ref_get (&member_at (self, i)->session);

    if (session != NULL) {
      gst_rtsp_session_touch (session);
      g_ptr_array_add (sessions, session);
    }
  }
}

void
viewer_group_report (ViewerGroup *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GArray) part = g_array_new (FALSE, FALSE, sizeof (ViewerSummary));

  for (guint i = 0; i < self->members->len; i++) {
    ViewerSummary summary = viewer_member_summary (member_at (self, i));
    g_array_append_val (part, summary);
    if (part->len < MOST_IN_A_REPORT)
      continue;
    output_report_viewers (self->reporter, self->id, part);
    g_array_set_size (part, 0);
  }
  if (part->len > 0)
    output_report_viewers (self->reporter, self->id, part);
}

/* ---- their end ---- */

typedef gboolean (*MemberTest) (const ViewerMember *member, gconstpointer data);

/* A viewer of several goes on for the others. */
static gboolean
is_still_watched (ViewerGroup *self, const Viewer *viewer)
{
  for (guint i = 0; i < self->members->len; i++)
    if (member_at (self, i)->viewer == viewer && !member_at (self, i)->ending)
      return TRUE;
  return FALSE;
}

static void
choose_those (ViewerGroup *self, MemberTest test, gconstpointer data, GPtrArray *viewers, GPtrArray *clients)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++) {
    ViewerMember *member = member_at (self, i);

    if (member->ending || !test (member, data))
      continue;
    member->ending = TRUE;
    GstRTSPClient *client = g_weak_ref_get (&member->client);
    if (client != NULL)
      g_ptr_array_add (clients, client);
    if (!is_still_watched (self, member->viewer))
      g_ptr_array_add (viewers, viewer_ref (member->viewer));
  }
}

/* Returns the clients that remain to be closed: (transfer full). The last reference to one must not go while the lock
 * is held, because its end removes its viewers. */
static GPtrArray *
finish_those (ViewerGroup *self, MemberTest test, gconstpointer data)
{
  g_autoptr (GPtrArray) viewers = g_ptr_array_new_with_free_func ((GDestroyNotify)viewer_unref);
  GPtrArray *clients = g_ptr_array_new_with_free_func (g_object_unref);

  choose_those (self, test, data, viewers, clients);
  for (guint i = 0; i < viewers->len; i++)
    viewer_finish (g_ptr_array_index (viewers, i));
  return clients;
}

static gboolean
is_any (const ViewerMember *member, gconstpointer data)
{
  return TRUE;
}

static gboolean
is_stalled (const ViewerMember *member, gconstpointer data)
{
  return viewer_is_stalled (member->viewer, *(const gint64 *)data);
}

static gboolean
is_shut_out (const ViewerMember *member, gconstpointer access)
{
  return !access_admits (access, member->login);
}

static gboolean
has_viewer (const ViewerMember *member, gconstpointer viewer)
{
  return member->viewer == viewer;
}

static gboolean
has_number (const ViewerMember *member, gconstpointer number)
{
  return member->number == *(const guint *)number;
}

void
viewer_group_set_access (ViewerGroup *self, Access *access)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->access, access_unref);
  self->access = access != NULL ? access_ref (access) : NULL;
  g_mutex_unlock (&self->lock);
  farewell_close_soon (finish_those (self, is_shut_out, access));
}

Access *
viewer_group_access (ViewerGroup *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->access != NULL ? access_ref (self->access) : NULL;
}

void
viewer_group_end_all (ViewerGroup *self)
{
  farewell_close_soon (finish_those (self, is_any, NULL));
}

void
viewer_group_end_stalled (ViewerGroup *self, gint64 limit_us)
{
  farewell_close_soon (finish_those (self, is_stalled, &limit_us));
}

void
viewer_group_end (ViewerGroup *self, Viewer *viewer)
{
  farewell_close_soon (finish_those (self, has_viewer, viewer));
}

gboolean
viewer_group_end_number (ViewerGroup *self, guint number)
{
  GPtrArray *clients = finish_those (self, has_number, &number);
  gboolean found = clients->len > 0;

  farewell_close_soon (clients);
  return found;
}

void
viewer_group_abandon (ViewerGroup *self)
{
  g_autoptr (GPtrArray) clients = finish_those (self, is_any, NULL);

  for (guint i = 0; i < clients->len; i++)
    client_socket_shut (g_ptr_array_index (clients, i));

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  self->muted = TRUE;
}

gboolean
viewer_group_is_empty (ViewerGroup *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->members->len == 0;
}

void
viewer_group_get_stats (ViewerGroup *self, ViewerGroupStats *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *stats = (ViewerGroupStats){
    .frames_sent = self->sent,
    .frames_dropped = self->dropped,
    .refused = self->refused,
  };
  for (guint i = 0; i < self->members->len; i++) {
    const ViewerMember *member = member_at (self, i);
    ViewerCounts counts;

    stats->viewers += member->joined ? 1 : 0;
    viewer_member_get_counts (member, &counts);
    stats->frames_sent += counts.frames_sent;
    stats->frames_dropped += counts.frames_dropped;
  }
}
