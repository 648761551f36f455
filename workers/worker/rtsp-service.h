/* The one RTSP server of a worker, shared by its RTSP outputs. It listens to nobody: the router hands it connections.
 */
#pragma once

#include "output.h"

#include <gst/rtsp-server/rtsp-server.h>

G_BEGIN_DECLS

/* The service of `context`, made for the first who asks: (transfer full). */
RtspService *rtsp_service_acquire (OutputContext *context, GError **error);
void rtsp_service_release (RtspService *self);

/* FALSE when the path is in use. `factory`: (transfer full) */
gboolean rtsp_service_mount (RtspService *self, const char *path, GstRTSPMediaFactory *factory);
void rtsp_service_unmount (RtspService *self, const char *path);
/* An output begins or ends to show stills: while any does, clients are let in before there was a frame. */
void rtsp_service_note_stills (RtspService *self, gboolean shown);

/* A wrong password came from `address`, to another worker: it counts here too. */
void rtsp_service_count_guess (RtspService *self, const char *address);

G_END_DECLS
