#include "stand_in.h"

#include "fdpass.h"
#include "unix_socket.h"

#include "rig.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

StandIn
stand_in_new (void)
{
  StandIn self = { .bundle = rig_directory () };
  stand_in_revive (&self);
  return self;
}

void
stand_in_revive (StandIn *self)
{
  g_autofree char *former = g_get_current_dir ();
  g_assert_cmpint (chdir (self->bundle), ==, 0);
  self->listener = unix_socket_listen ("rtsp.sock", NULL);
  g_assert_cmpint (self->listener, >=, 0);
  g_assert_cmpint (chdir (former), ==, 0);
}

void
stand_in_die (StandIn *self)
{
  close (self->listener);
  self->listener = -1;
}

void
stand_in_clear (StandIn *self)
{
  if (self->listener >= 0)
    close (self->listener);
  rig_remove (self->bundle);
}

static void
await_readable (int fd)
{
  struct pollfd state = { .fd = fd, .events = POLLIN };
  g_assert_cmpint (poll (&state, 1, RIG_PATIENCE_S * 1000), ==, 1);
}

int
stand_in_stall (StandIn *self)
{
  await_readable (self->listener);
  int router = unix_socket_accept (self->listener, NULL);
  g_assert_cmpint (router, >=, 0);
  await_readable (router);
  return router;
}

int
stand_in_take_and_keep (StandIn *self, int *router)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  *router = stand_in_stall (self);
  int client = fdpass_receive (*router, &line, &error);
  g_assert_no_error (error);
  rig_send (*router, "+");
  return client;
}

int
stand_in_take (StandIn *self, char **line)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int router = stand_in_stall (self);
  int client = fdpass_receive (router, &text, &error);
  g_assert_no_error (error);
  close (router);
  if (line != NULL)
    *line = g_steal_pointer (&text);
  return client;
}

gboolean
stand_in_is_asked (StandIn *self)
{
  struct pollfd state = { .fd = self->listener, .events = POLLIN };
  return poll (&state, 1, 0) == 1;
}
