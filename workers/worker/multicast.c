#include "multicast.h"
#include "json-read.h"

#include <gio/gio.h>

#define MOST_PORT 65534

static gboolean
is_group (const char *address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);

  return inet != NULL && g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV4
         && g_inet_address_get_is_multicast (inet);
}

gboolean
multicast_read (JsonObject *output, Multicast **multicast, GError **error)
{
  JsonNode *node = json_object_get_member (output, "multicast");

  *multicast = NULL;
  if (node == NULL)
    return TRUE;
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *address = object != NULL ? json_read_string (object, "address", "") : "";
  gint64 port = object != NULL ? json_read_int (object, "port", 0) : 0;
  gint64 ttl = object != NULL ? json_read_int (object, "ttl", 1) : 0;
  if (!is_group (address) || port < 2 || port > MOST_PORT || port % 2 != 0 || ttl < 1 || ttl > 255) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "multicast needs an IPv4 group, an even port and a ttl from 1 to 255");
    return FALSE;
  }
  *multicast = g_new (Multicast, 1);
  **multicast = (Multicast){ .address = g_strdup (address), .port = (guint)port, .ttl = (guint)ttl };
  return TRUE;
}

Multicast *
multicast_copy (const Multicast *self)
{
  Multicast *copy = g_new (Multicast, 1);

  *copy = (Multicast){ .address = g_strdup (self->address), .port = self->port, .ttl = self->ttl };
  return copy;
}

void
multicast_free (Multicast *self)
{
  g_free (self->address);
  g_free (self);
}

gboolean
multicast_equal (const Multicast *self, const Multicast *other)
{
  if (self == NULL || other == NULL)
    return self == other;
  return g_str_equal (self->address, other->address) && self->port == other->port && self->ttl == other->ttl;
}

/* A pool of its own for each: out of one for all, they would get their ports in the order of SETUP. An address that is
 * reserved instead of pooled is tried for ever where its port is in use (gst-rtsp-server 1.22). */
void
multicast_allot (const Multicast *self, GstRTSPMedia *media)
{
  for (guint i = 0; i < gst_rtsp_media_n_streams (media); i++) {
    g_autoptr (GstRTSPAddressPool) pool = gst_rtsp_address_pool_new ();
    GstRTSPStream *stream = gst_rtsp_media_get_stream (media, i);
    guint16 port = (guint16)(self->port + 2 * i);

    gst_rtsp_address_pool_add_range (pool, self->address, self->address, port, port + 1, (guint8)self->ttl);
    gst_rtsp_stream_set_address_pool (stream, pool);
    gst_rtsp_stream_set_max_mcast_ttl (stream, self->ttl);
    /* Not to any address: unicast packets of others to that port are none of ours. */
    gst_rtsp_stream_set_bind_mcast_address (stream, TRUE);
  }
}
