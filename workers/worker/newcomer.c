#include "newcomer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Newcomer *
newcomer_new (int fd, int router, const char *address, guint16 port, gboolean tls)
{
  Newcomer *self = g_new0 (Newcomer, 1);

  self->fd = fd;
  self->router = router;
  self->address = g_strdup (address);
  self->port = port;
  self->tls = tls;
  return self;
}

void
newcomer_free (Newcomer *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->router >= 0)
    close (self->router);
  g_free (self->address);
  g_free (self);
}

static guint
sequence_number (const char *request)
{
  const char *header = strcasestr (request, "\r\nCSeq:");

  return header != NULL ? (guint)g_ascii_strtoull (header + strlen ("\r\nCSeq:"), NULL, 10) : 0;
}

void
newcomer_turn_away (Newcomer *self, const char *reason)
{
  char request[4096];
  /* Read, too, because closing a socket with unread data resets it, and the answer would be lost. */
  ssize_t n_read = recv (self->fd, request, sizeof request - 1, MSG_DONTWAIT);

  if (n_read > 0) {
    request[n_read] = '\0';
    g_autofree char *answer = g_strdup_printf ("RTSP/1.0 503 %s\r\nCSeq: %u\r\n"
                                               "Retry-After: 1\r\nX-Reason: %s\r\n\r\n",
                                               reason, sequence_number (request), reason);
    if (send (self->fd, answer, strlen (answer), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
      shutdown (self->fd, SHUT_WR);
  }
  newcomer_free (self);
}
