/* Two networks of the test's own, joined by a virtual cable: it lives in the near one, and hears in the far one what is
 * sent to a multicast group. Takes rights that not every user of a machine has. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int near_fd;
  int far_fd;
} FarNetwork;

/* To be called before there are threads. FALSE: this process may not, or there is no `ip`. */
gboolean far_network_enter (FarNetwork *self);
/* A UDP socket there that has joined the group. */
int far_network_listen (const FarNetwork *self, const char *group, guint16 port);

G_END_DECLS
