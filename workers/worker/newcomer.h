/* An RTSP client that the router hands over, until the RTSP server has it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int fd;     /* its connected socket; -1: given away */
  int router; /* stays open as long as the client does, for the router counts clients by it; -1: given away */
  char *address;
  guint16 port;
  gboolean tls; /* what it says comes through TLS */
} Newcomer;

/* `fd` and `router`: (transfer full). */
Newcomer *newcomer_new (int fd, int router, const char *address, guint16 port, gboolean tls);
void newcomer_free (Newcomer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Newcomer, newcomer_free)

/* Answers its unread request with 503 and frees it: (transfer full). */
void newcomer_turn_away (Newcomer *self, const char *reason);

G_END_DECLS
