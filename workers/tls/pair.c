#include "pair.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS 2

typedef union {
  char bytes[CMSG_SPACE (DESCRIPTORS * sizeof (int))];
  struct cmsghdr align;
} Control;

gboolean
pair_send (int socket, const Pair *pair)
{
  const int fds[DESCRIPTORS] = { pair->client, pair->plain };
  guint32 most = pair->most;
  Control control = { { 0 } };
  struct iovec part = { &most, sizeof most };
  struct msghdr message
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof fds);
  memcpy (CMSG_DATA (header), fds, sizeof fds);
  ssize_t sent;
  do
    sent = sendmsg (socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

PairResult
pair_receive (int socket, Pair *pair)
{
  Control control;
  struct iovec part = { &pair->most, sizeof pair->most };
  struct msghdr message
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  ssize_t length = recvmsg (socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0)
    return errno == EAGAIN || errno == EINTR ? PAIR_NONE : PAIR_NO_SOCKET;
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  if (length == 0)
    return PAIR_OVER;
  if (header == NULL || header->cmsg_len != CMSG_LEN (DESCRIPTORS * sizeof (int)))
    return PAIR_NONE;
  memcpy (&pair->client, CMSG_DATA (header), sizeof (int));
  memcpy (&pair->plain, CMSG_DATA (header) + sizeof (int), sizeof (int));
  return PAIR_RECEIVED;
}
