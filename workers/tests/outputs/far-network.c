#include "far-network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEAR_ADDRESS "198.18.0.1"
#define FAR_ADDRESS "198.18.0.2"

static gboolean
run (const char *command)
{
  const char *argv[] = { "/bin/sh", "-ec", command, NULL };
  int status = -1;

  return g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_LEAVE_DESCRIPTORS_OPEN | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                       NULL, NULL, NULL, &status, NULL)
         && g_spawn_check_wait_status (status, NULL);
}

/* Of a new network, in which this thread is from now on. -1: it may not. Children of the test inherit it. */
static int
new_network (void)
{
  return unshare (CLONE_NEWNET) == 0 ? open ("/proc/self/ns/net", O_RDONLY) : -1;
}

static gboolean
is_joined (const FarNetwork *self)
{
  g_autofree char *cable = g_strdup_printf ("ip link add near type veth peer name far\n"
                                            "ip link set far netns /proc/self/fd/%d\n"
                                            "ip address add " NEAR_ADDRESS "/30 dev near\n"
                                            "ip link set near up\n"
                                            "ip link set lo up\n"
                                            "ip route add 224.0.0.0/4 dev near",
                                            self->far_fd);

  if (!run (cable) || setns (self->far_fd, CLONE_NEWNET) != 0)
    return FALSE;
  gboolean is_up = run ("ip address add " FAR_ADDRESS "/30 dev far\nip link set far up");
  return setns (self->near_fd, CLONE_NEWNET) == 0 && is_up;
}

gboolean
far_network_enter (FarNetwork *self)
{
  self->far_fd = new_network ();
  self->near_fd = self->far_fd >= 0 ? new_network () : -1;
  return self->near_fd >= 0 && is_joined (self);
}

int
far_network_listen (const FarNetwork *self, const char *group, guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct ip_mreq membership = { 0 };
  int on = 1;

  g_assert_cmpint (inet_pton (AF_INET, group, &address.sin_addr), ==, 1);
  membership.imr_multiaddr = address.sin_addr;
  g_assert_cmpint (inet_pton (AF_INET, FAR_ADDRESS, &membership.imr_interface), ==, 1);
  g_assert_cmpint (setns (self->far_fd, CLONE_NEWNET), ==, 0);
  int fd = socket (AF_INET, SOCK_DGRAM, 0);
  g_assert_cmpint (setns (self->near_fd, CLONE_NEWNET), ==, 0);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), ==, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  g_assert_cmpint (setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership), ==, 0);
  return fd;
}
