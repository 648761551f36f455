#include "fdpass.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for more descriptors than one, so that a peer that sends several is noticed and none of them leaks. */
#define MAX_RECEIVED 8

static gboolean
fail (GError **error, int code, const char *message)
{
  g_set_error_literal (error, G_IO_ERROR, code, message);
  return FALSE;
}

gboolean
fdpass_send (int socket, int fd, const char *line, GError **error)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);
  size_t length = strlen (text);
  if (length > FDPASS_MAX_LINE || strchr (line, '\n') != NULL)
    return fail (error, G_IO_ERROR_INVALID_ARGUMENT, "the text for a descriptor must be one short line");

  union {
    char bytes[CMSG_SPACE (sizeof (int))];
    struct cmsghdr align;
  } control = { { 0 } };
  struct iovec part = { text, length };
  struct msghdr message
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof (int));
  memcpy (CMSG_DATA (header), &fd, sizeof fd);

  ssize_t sent;
  do
    sent = sendmsg (socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0)
    return fail (error, g_io_error_from_errno (errno), g_strerror (errno));
  /* A line this short goes into one socket buffer or not at all. */
  if ((size_t)sent != length)
    return fail (error, G_IO_ERROR_FAILED, "the descriptor was sent with half a line");
  return TRUE;
}

/* Copies what descriptors came into `fds`; returns how many. */
static guint
take_descriptors (struct msghdr *message, int fds[MAX_RECEIVED])
{
  guint count = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL; header = CMSG_NXTHDR (message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
      continue;
    guint here = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);
    here = MIN (here, MAX_RECEIVED - count);
    memcpy (fds + count, CMSG_DATA (header), here * sizeof (int));
    count += here;
  }
  return count;
}

int
fdpass_receive (int socket, char **line, GError **error)
{
  char text[FDPASS_MAX_LINE];
  union {
    char bytes[CMSG_SPACE (MAX_RECEIVED * sizeof (int))];
    struct cmsghdr align;
  } control;
  struct iovec part = { text, sizeof text };
  struct msghdr message
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };

  ssize_t length;
  do
    length = recvmsg (socket, &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) {
    fail (error, g_io_error_from_errno (errno), g_strerror (errno));
    return -1;
  }

  int fds[MAX_RECEIVED];
  guint count = take_descriptors (&message, fds);
  gboolean whole
      = length > 0 && memchr (text, '\n', length) == text + length - 1 && memchr (text, '\0', length) == NULL;
  if (count == 1 && whole && !(message.msg_flags & MSG_CTRUNC)) {
    *line = g_strndup (text, length - 1);
    return fds[0];
  }

  for (guint i = 0; i < count; i++)
    close (fds[i]);
  if (length == 0)
    fail (error, G_IO_ERROR_CLOSED, "the peer closed without sending a descriptor");
  else
    fail (error, G_IO_ERROR_INVALID_DATA, "expected one descriptor with one line of text");
  return -1;
}
