#include "listeners.h"
#include "refusal.h"

#define LISTENER "dslrs-listener"

struct _Listeners
{
  ViewerGroup *group;
  ListenersMakeViewer make;
  gpointer user_data;

  GMutex lock;
  Viewer *viewer;    /* NULL while nobody listens */
  gboolean is_taken; /* by a media */
  guint count;       /* of those who are here because of `viewer` */
};

/* Of one client. */
typedef struct
{
  Listeners *listeners;
  Viewer *viewer;
  guint number;
} Listener;

Listeners *
listeners_new (ViewerGroup *group, ListenersMakeViewer make, gpointer user_data)
{
  Listeners *self = g_atomic_rc_box_new0 (Listeners);

  self->group = viewer_group_ref (group);
  self->make = make;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  return self;
}

Listeners *
listeners_ref (Listeners *self)
{
  return g_atomic_rc_box_acquire (self);
}

/* With the lock. */
static void
clear_viewer (Listeners *self)
{
  g_clear_pointer (&self->viewer, viewer_unref);
  self->is_taken = FALSE;
  self->count = 0;
}

static void
listeners_clear (gpointer data)
{
  Listeners *self = data;

  clear_viewer (self);
  viewer_group_unref (self->group);
  g_mutex_clear (&self->lock);
}

void
listeners_unref (Listeners *self)
{
  g_atomic_rc_box_release_full (self, listeners_clear);
}

static void
listener_free (gpointer data)
{
  Listener *listener = data;
  Listeners *self = listener->listeners;

  viewer_group_remove (self->group, listener->number);
  g_mutex_lock (&self->lock);
  /* Once a media has it, it goes with that. */
  if (self->viewer == listener->viewer && --self->count == 0 && !self->is_taken)
    clear_viewer (self);
  g_mutex_unlock (&self->lock);
  viewer_unref (listener->viewer);
  listeners_unref (self);
  g_free (listener);
}

/* With the lock. */
static gboolean
ensure_viewer (Listeners *self, GstRTSPClient *client)
{
  g_autoptr (GError) error = NULL;

  if (self->viewer == NULL)
    self->viewer = self->make (self->user_data, &error);
  if (self->viewer == NULL) {
    refusal_set (client, GST_RTSP_STS_SERVICE_UNAVAILABLE, error->message);
    return FALSE;
  }
  if (!viewer_is_over (self->viewer))
    return TRUE;
  refusal_set (client, GST_RTSP_STS_SERVICE_UNAVAILABLE, "This group has just ended; ask again in a second");
  return FALSE;
}

/* With the lock. */
static Listener *
take_seat (Listeners *self, GstRTSPClient *client)
{
  guint number = viewer_group_add (self->group, self->viewer, client);

  if (number == 0) {
    refusal_set (client, GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH, VIEWER_GROUP_IS_FULL);
    if (self->count == 0 && !self->is_taken)
      clear_viewer (self);
    return NULL;
  }
  Listener *listener = g_new (Listener, 1);
  *listener = (Listener){
    .listeners = listeners_ref (self),
    .viewer = viewer_ref (self->viewer),
    .number = number,
  };
  self->count++;
  return listener;
}

static gboolean
is_seated (Listeners *self, const Listener *listener)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return listener != NULL && listener->listeners == self && listener->viewer == self->viewer;
}

gboolean
listeners_admit (Listeners *self, GstRTSPClient *client)
{
  if (is_seated (self, g_object_get_data (G_OBJECT (client), LISTENER)))
    return TRUE;
  listeners_leave (client);

  g_mutex_lock (&self->lock);
  Listener *listener = ensure_viewer (self, client) ? take_seat (self, client) : NULL;
  g_mutex_unlock (&self->lock);
  if (listener == NULL)
    return FALSE;
  g_object_set_data_full (G_OBJECT (client), LISTENER, listener, listener_free);
  return TRUE;
}

void
listeners_leave (GstRTSPClient *client)
{
  g_object_set_data (G_OBJECT (client), LISTENER, NULL);
}

void
listeners_joined (GstRTSPClient *client, GstRTSPSession *session, const ViewerIdentity *identity)
{
  const Listener *listener = g_object_get_data (G_OBJECT (client), LISTENER);

  if (listener != NULL)
    viewer_group_joined (listener->listeners->group, listener->number, session, identity);
}

Viewer *
listeners_take_viewer (Listeners *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->viewer == NULL || self->is_taken)
    return NULL;
  self->is_taken = TRUE;
  return viewer_ref (self->viewer);
}

void
listeners_drop_viewer (Listeners *self, Viewer *viewer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->viewer == viewer)
    clear_viewer (self);
}
