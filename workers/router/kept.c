#include "kept.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union {
  char bytes[CMSG_SPACE (KEPT_MOST * sizeof (int))];
  struct cmsghdr align;
} Control;

gboolean
kept_send (int socket, const Kept *set)
{
  Control control = { { 0 } };
  struct iovec part = { (char *)set->text, strlen (set->text) + 1 };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  if (set->count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE (set->count * sizeof (int));
    struct cmsghdr *header = CMSG_FIRSTHDR (&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN (set->count * sizeof (int));
    memcpy (CMSG_DATA (header), set->fds, set->count * sizeof (int));
  }
  ssize_t sent;
  do
    sent = sendmsg (socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

void
kept_close (Kept *set)
{
  for (guint i = 0; i < set->count; i++)
    close (set->fds[i]);
  set->count = 0;
  set->text[0] = '\0';
}

static void
take_descriptors (struct msghdr *message, Kept *set)
{
  struct cmsghdr *header = CMSG_FIRSTHDR (message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
    return;
  set->count = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);
  memcpy (set->fds, CMSG_DATA (header), set->count * sizeof (int));
}

void
kept_receive (int socket, Kept *set)
{
  for (;;) {
    Control control;
    Kept next = { 0 };
    struct iovec part = { next.text, sizeof next.text - 1 };
    struct msghdr message
        = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
    ssize_t length = recvmsg (socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0 && errno == EINTR)
      continue;
    if (length <= 0)
      return;
    take_descriptors (&message, &next);
    kept_close (set);
    *set = next;
  }
}
