/* Descriptors that outlive the working process: the process that keeps them gets a copy of all of them, and a text that
 * says what they are, each time the set changes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define KEPT_MOST 32
#define KEPT_TEXT (KEPT_MOST * 96)

typedef struct
{
  char text[KEPT_TEXT];
  int fds[KEPT_MOST];
  guint count;
} Kept;

/* Sends the set that takes the place of the former one through `socket` (of type SOCK_SEQPACKET). */
gboolean kept_send (int socket, const Kept *set);

/* Takes the set that was sent last, if one came; the former descriptors are closed. */
void kept_receive (int socket, Kept *set);

void kept_close (Kept *set);

G_END_DECLS
