#include "chain.h"
#include "unix_socket.h"

#include <unistd.h>

TapDoor *
chain_open (Hub *hub, Reporter *reporter, GError **error)
{
  const TapDoorSettings settings = { .hub = hub, .reporter = reporter, .id = "chain", .kind = TAP_ALL };
  int listener = unix_socket_listen (CHAIN_SOCKET, error);

  return listener >= 0 ? tap_door_new (&settings, listener) : NULL;
}

void
chain_close (TapDoor *door)
{
  unlink (CHAIN_SOCKET);
  tap_door_free (door);
}
