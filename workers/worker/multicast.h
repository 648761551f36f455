/* The group of a multicast mount: where its packets go, and how gst-rtsp-server is told so. */
#pragma once

#include <gst/rtsp-server/rtsp-server.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *address; /* IPv4 */
  guint port;    /* even; each track takes two, one after the other */
  guint ttl;
} Multicast;

/* Of an RTSP output; NULL where it is not multicast: (transfer full). */
gboolean multicast_read (JsonObject *output, Multicast **multicast, GError **error);
Multicast *multicast_copy (const Multicast *self);
void multicast_free (Multicast *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Multicast, multicast_free)
/* Either may be NULL. */
gboolean multicast_equal (const Multicast *self, const Multicast *other);

/* Gives each stream of `media` its pair of ports: to be called before any is set up. */
void multicast_allot (const Multicast *self, GstRTSPMedia *media);

G_END_DECLS
