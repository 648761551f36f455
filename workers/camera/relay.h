/* Stands between the RTSP server and the network of one connection, and spoils its bytes as the faults say. It is put
 * in only when such a fault is ordered, also into a connection that plays: the server keeps its descriptor, which from
 * then on leads to the relay. It stays until the connection ends, and passes everything on when no fault is in force.
 */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>

#include "faults.h"

G_BEGIN_DECLS

/* TRUE if one of these faults needs a relay. */
gboolean relay_is_needed (Faults *faults);

/* Only on the thread of the client, or before it has one. Without effect on a client that has a relay. `faults` must
 * live as long as the process. */
void relay_insert (GstRTSPClient *client, Faults *faults);

/* The client turned out to concern another mount. Without effect on a client without a relay. */
void relay_obey (GstRTSPClient *client, Faults *faults);

/* The faults changed. The same. */
void relay_wake (GstRTSPClient *client);

/* Ends the connection with a reset. FALSE if the client has no relay. */
gboolean relay_reset (GstRTSPClient *client);

G_END_DECLS
