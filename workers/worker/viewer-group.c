#include "viewer-group.h"
#include "client-socket.h"
#include "gatekeeper.h"
#include "output-report.h"

typedef struct
{
  Viewer *viewer;
  guint number;
  GWeakRef client;
  GWeakRef session; /* empty until it has joined */
  char *address;
  Login *login; /* NULL: in nobody's name */
  gboolean joined;
} Member;

struct _ViewerGroup
{
  Reporter *reporter;
  char *id;

  GMutex lock;
  Access *access; /* NULL: everybody may watch */
  gboolean muted;
  guint last_number;
  GPtrArray *members; /* Member */
  guint64 sent;       /* by those who left */
  guint64 dropped;
};

static void
member_free (gpointer data)
{
  Member *member = data;

  g_weak_ref_clear (&member->client);
  g_weak_ref_clear (&member->session);
  viewer_unref (member->viewer);
  g_clear_pointer (&member->login, login_unref);
  g_free (member->address);
  g_free (member);
}

static Member *
find (ViewerGroup *self, Viewer *viewer, guint *index)
{
  for (guint i = 0; i < self->members->len; i++) {
    Member *member = g_ptr_array_index (self->members, i);
    if (member->viewer == viewer) {
      if (index != NULL)
        *index = i;
      return member;
    }
  }
  return NULL;
}

ViewerGroup *
viewer_group_new (Reporter *reporter, const char *id)
{
  ViewerGroup *self = g_atomic_rc_box_new0 (ViewerGroup);

  self->reporter = reporter;
  self->id = g_strdup (id);
  self->members = g_ptr_array_new_with_free_func (member_free);
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
viewer_group_add (ViewerGroup *self, Viewer *viewer, GstRTSPClient *client)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GstRTSPConnection *connection = gst_rtsp_client_get_connection (client);
  Member *member = g_new0 (Member, 1);

  member->viewer = viewer_ref (viewer);
  member->number = ++self->last_number;
  member->address = g_strdup (gst_rtsp_connection_get_ip (connection));
  member->login = gatekeeper_login_of (client);
  g_weak_ref_init (&member->client, client);
  g_weak_ref_init (&member->session, NULL);
  g_ptr_array_add (self->members, member);
}

void
viewer_group_joined (ViewerGroup *self, Viewer *viewer, GstRTSPSession *session, const ViewerIdentity *identity)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Member *member = find (self, viewer, NULL);

  if (member == NULL || member->joined)
    return;
  ViewerSummary summary = {
    .number = member->number,
    .address = member->address,
    .transport = identity->transport,
    .agent = identity->agent,
  };
  member->joined = TRUE;
  g_weak_ref_set (&member->session, session);
  if (!self->muted)
    output_report_viewer_joined (self->reporter, self->id, &summary);
}

static void
report_left (ViewerGroup *self, const Member *member, const ViewerCounts *counts)
{
  ViewerSummary summary = {
    .number = member->number,
    .frames_sent = counts->frames_sent,
    .frames_dropped = counts->frames_dropped,
    .seconds = (double)(g_get_monotonic_time () - counts->since_us) / G_USEC_PER_SEC,
  };

  if (member->joined && !self->muted)
    output_report_viewer_left (self->reporter, self->id, &summary);
}

void
viewer_group_remove (ViewerGroup *self, Viewer *viewer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  ViewerCounts counts;
  guint index = 0;
  Member *member = find (self, viewer, &index);

  if (member == NULL)
    return;
  viewer_get_counts (viewer, &counts);
  self->sent += counts.frames_sent;
  self->dropped += counts.frames_dropped;
  report_left (self, member, &counts);
  g_ptr_array_remove_index (self->members, index);
}

void
viewer_group_show_still (ViewerGroup *self, const HubFrame *still)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++)
    viewer_show_still (((Member *)g_ptr_array_index (self->members, i))->viewer, still);
}

void
viewer_group_keep_sessions (ViewerGroup *self)
{
  /* The last reference to a session must not go while the lock is held: its end removes its viewer. */
  g_autoptr (GPtrArray) sessions = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++) {
    GstRTSPSession *session = g_weak_ref_get (&((Member *)g_ptr_array_index (self->members, i))->session);

    if (session != NULL) {
      gst_rtsp_session_touch (session);
      g_ptr_array_add (sessions, session);
    }
  }
}

typedef gboolean (*MemberTest) (const Member *member, gpointer user_data);

static void
end_those (ViewerGroup *self, MemberTest test, gpointer user_data)
{
  /* The last reference to a client must not go while the lock is held: its end removes its viewers. */
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++) {
    Member *member = g_ptr_array_index (self->members, i);
    GstRTSPClient *client = test (member, user_data) ? g_weak_ref_get (&member->client) : NULL;

    if (client != NULL) {
      client_socket_shut (client);
      g_ptr_array_add (clients, client);
    }
  }
}

static gboolean
is_any (const Member *member, gpointer user_data)
{
  return TRUE;
}

static gboolean
is_stalled (const Member *member, gpointer user_data)
{
  return viewer_is_stalled (member->viewer, *(const gint64 *)user_data);
}

static gboolean
is_shut_out (const Member *member, gpointer access)
{
  return !access_admits (access, member->login);
}

static gboolean
is_this (const Member *member, gpointer viewer)
{
  return member->viewer == viewer;
}

void
viewer_group_set_access (ViewerGroup *self, Access *access)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->access, access_unref);
  self->access = access != NULL ? access_ref (access) : NULL;
  g_mutex_unlock (&self->lock);
  end_those (self, is_shut_out, access);
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
  end_those (self, is_any, NULL);
}

void
viewer_group_abandon (ViewerGroup *self)
{
  viewer_group_end_all (self);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  self->muted = TRUE;
  for (guint i = 0; i < self->members->len; i++)
    viewer_leave (((Member *)g_ptr_array_index (self->members, i))->viewer);
}

void
viewer_group_end_stalled (ViewerGroup *self, gint64 limit_us)
{
  end_those (self, is_stalled, &limit_us);
}

void
viewer_group_end (ViewerGroup *self, Viewer *viewer)
{
  end_those (self, is_this, viewer);
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

  *stats = (ViewerGroupStats){ .frames_sent = self->sent, .frames_dropped = self->dropped };
  for (guint i = 0; i < self->members->len; i++) {
    const Member *member = g_ptr_array_index (self->members, i);
    ViewerCounts counts;

    viewer_get_counts (member->viewer, &counts);
    stats->viewers += member->joined ? 1 : 0;
    stats->frames_sent += counts.frames_sent;
    stats->frames_dropped += counts.frames_dropped;
  }
}
