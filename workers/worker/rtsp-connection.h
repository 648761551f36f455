/* One connection to an RTSP server, plain or TLS. Opens at whichever of the host's addresses answers first; reads and
 * writes without blocking. Everything returns at once when the cancellable is cancelled.
 *
 * Failures are objects of docs/worker-protocol.md, (transfer full); the reason "stopped" means cancelled. */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _RtspConnection RtspConnection;

typedef struct
{
  gboolean is_tls;
  const char *ca_file;   /* trusted certificates (PEM); NULL: the system's */
  gboolean any_identity; /* takes every certificate */
} RtspSecurity;

/* NULL with `failure`. */
RtspConnection *rtsp_connection_open (const char *host, guint16 port, const RtspSecurity *security,
                                      GCancellable *cancellable, JsonNode **failure);
void rtsp_connection_close (RtspConnection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtspConnection, rtsp_connection_close)

/* From here on the cancellable is not looked at. */
void rtsp_connection_outlive_cancel (RtspConnection *self);

/* Waits until `deadline_us` (monotonic) for bytes and reads them: their number, 0 when none came, -1 with `failure`. */
gssize rtsp_connection_read (RtspConnection *self, guint8 *bytes, gsize size, gint64 deadline_us, JsonNode **failure);

/* Sends now or, what the socket does not take, during the following reads. */
void rtsp_connection_write (RtspConnection *self, const void *bytes, gsize size);
/* Whether something still waits to be sent. */
gboolean rtsp_connection_is_congested (RtspConnection *self);

G_END_DECLS
