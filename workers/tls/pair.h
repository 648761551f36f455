/* What the router tells dslrs-tls: the two sockets of a session, in one message of a SOCK_SEQPACKET socket. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The descriptor at which dslrs-tls has its end. */
#define PAIR_SOCKET 3

typedef struct
{
  int client;
  int plain;
  guint32 most; /* sessions at once; one more is closed */
} Pair;

typedef enum
{
  PAIR_RECEIVED,
  PAIR_NONE, /* none is there at present */
  PAIR_OVER,
  PAIR_NO_SOCKET
} PairResult;

/* Does not wait. FALSE with errno set. The descriptors stay the caller's. */
gboolean pair_send (int socket, const Pair *pair);
/* Does not wait. The descriptors that came: (transfer full). */
PairResult pair_receive (int socket, Pair *pair);

G_END_DECLS
