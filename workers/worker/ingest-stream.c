/* Another stream of this machine as a source: its worker sends all tracks over a Unix socket, as they are
 * (tap-tracks.h), and closes it when its own source goes away. */
#include "chain.h"
#include "encoding.h"
#include "gdp.h"
#include "ingest-private.h"
#include "json-read.h"
#include "tap-tracks.h"
#include "unix_socket.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* The largest keyframe of the largest camera is far smaller. */
#define MAX_PACKET (64 * 1024 * 1024)

typedef struct
{
  Ingest *ingest;
  char *from;
  GCancellable *cancellable;
  GThread *thread;
  GSocket *socket; /* NULL: the other worker is not there */

  /* The thread's: */
  GArray *tracks; /* Track; NULL until they were told */
  GstCaps *caps[TAP_MAX_TRACKS];
} Chained;

static JsonNode *
end_failure (const Chained *self)
{
  if (self->tracks == NULL)
    return failure_new ("refused", "The stream %s has no picture at present.", self->from);
  return failure_new ("endOfStream", "The stream %s went away.", self->from);
}

static JsonNode *
nonsense (const Chained *self)
{
  return failure_new ("protocolError", "The worker of the stream %s sent something unexpected.", self->from);
}

/* Exactly `size` bytes. NULL, or why they did not come. */
static JsonNode *
receive (Chained *self, guint8 *bytes, gsize size)
{
  g_autoptr (GError) error = NULL;

  while (size > 0) {
    gssize got = g_socket_receive (self->socket, (gchar *)bytes, size, self->cancellable, &error);

    if (got < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      return failure_new ("stopped", "The source was stopped as ordered.");
    if (got <= 0)
      return end_failure (self);
    bytes += got;
    size -= (gsize)got;
  }
  return NULL;
}

static JsonNode *
begin (Chained *self, const GstCaps *list)
{
  const IngestSettings *settings = &self->ingest->settings;
  GstClockTime age = 0;

  if (self->tracks != NULL || (self->tracks = tap_tracks_from_caps (list, &age)) == NULL)
    return nonsense (self);
  hub_set_backlog (settings->hub, settings->life, age);
  ingest_begin_life (self->ingest, (const Track *)self->tracks->data, self->tracks->len);
  return NULL;
}

static JsonNode *
take_caps (Chained *self, guint8 track, GstCaps *caps)
{
  Encoding encoding = { 0 };

  if (track == TAP_ALL_TRACKS)
    return begin (self, caps);
  if (self->tracks == NULL || track >= self->tracks->len || !encoding_from_caps (caps, &encoding)
      || g_strcmp0 (encoding.name, g_array_index (self->tracks, Track, track).encoding) != 0)
    return nonsense (self);
  gst_caps_replace (&self->caps[track], caps);
  return NULL;
}

static JsonNode *
receive_caps (Chained *self, const GdpHeader *header)
{
  g_autofree guint8 *text = g_malloc (header->size);
  JsonNode *failure = receive (self, text, header->size);

  if (failure != NULL)
    return failure;
  g_autoptr (GstCaps) caps = gdp_read_caps (text, header->size);
  return caps != NULL ? take_caps (self, header->track, caps) : nonsense (self);
}

static gint64
source_time (GstClockTime time)
{
  return GST_CLOCK_TIME_IS_VALID (time) ? (gint64)time : HUB_NO_TIME;
}

static JsonNode *
receive_buffer (Chained *self, const GdpHeader *header, const guint8 *bytes)
{
  const IngestSettings *settings = &self->ingest->settings;
  GstMapInfo media;

  if (self->tracks == NULL || header->track >= self->tracks->len || self->caps[header->track] == NULL)
    return nonsense (self);
  g_autoptr (GstBuffer) buffer = gdp_read_buffer (bytes);
  gst_buffer_map (buffer, &media, GST_MAP_WRITE);
  JsonNode *failure = receive (self, media.data, media.size);
  gst_buffer_unmap (buffer, &media);
  if (failure == NULL)
    hub_push_frame (settings->hub, settings->life, header->track, buffer, self->caps[header->track],
                    source_time (GST_BUFFER_PTS (buffer)), source_time (GST_BUFFER_DTS (buffer)));
  return failure;
}

static JsonNode *
receive_packet (Chained *self)
{
  guint8 bytes[GDP_HEADER_SIZE];
  GdpHeader header;
  JsonNode *failure = receive (self, bytes, sizeof bytes);

  if (failure != NULL)
    return failure;
  if (!gdp_read_header (bytes, &header) || header.size > MAX_PACKET || header.type == GDP_EVENT)
    return nonsense (self);
  return header.type == GDP_CAPS ? receive_caps (self, &header) : receive_buffer (self, &header, bytes);
}

static gpointer
run (gpointer user_data)
{
  Chained *self = user_data;
  JsonNode *failure = NULL;

  while (failure == NULL)
    failure = receive_packet (self);
  ingest_fail (self->ingest, failure);
  return NULL;
}

/* On the main thread; one that does not fit is one of many. */
static void
request_keyframe (gpointer user_data)
{
  Chained *self = user_data;

  g_socket_send_with_blocking (self->socket, CHAIN_WANTS_KEYFRAME, 1, FALSE, NULL, NULL);
}

/* NULL with the failure told. */
static GSocket *
connect_to (Chained *self)
{
  g_autofree char *bundle = g_build_filename ("..", self->from, NULL);
  g_autoptr (GError) error = NULL;
  int fd = strchr (self->from, '/') == NULL && self->from[0] != '.' && self->from[0] != '\0'
               ? unix_socket_connect (bundle, CHAIN_SOCKET, &error)
               : -1;

  if (fd < 0) {
    ingest_fail (self->ingest, failure_new ("refused", "The stream %s does not run.", self->from));
    return NULL;
  }
  GSocket *socket = g_socket_new_from_fd (fd, &error);
  if (socket == NULL) {
    close (fd);
    ingest_fail (self->ingest, failure_from_error ("source", error, NULL));
  }
  return socket;
}

static void
start (Ingest *ingest, JsonObject *source)
{
  const IngestSettings *settings = &ingest->settings;
  Chained *self = g_new0 (Chained, 1);

  ingest->state = self;
  self->ingest = ingest;
  self->from = g_strdup (json_read_string (source, "from", ""));
  self->cancellable = g_cancellable_new ();
  self->socket = connect_to (self);
  if (self->socket == NULL)
    return;
  ingest_set_connected (ingest);
  hub_set_keyframe_func (settings->hub, settings->life, request_keyframe, self);
  self->thread = g_thread_new ("stream", run, self);
}

static void
detach (Ingest *ingest)
{
  g_cancellable_cancel (((Chained *)ingest->state)->cancellable);
}

static void
stop (Ingest *ingest)
{
  Chained *self = ingest->state;

  if (self->thread != NULL)
    g_thread_join (self->thread);
  for (guint i = 0; i < TAP_MAX_TRACKS; i++)
    gst_clear_caps (&self->caps[i]);
  g_clear_pointer (&self->tracks, g_array_unref);
  g_clear_object (&self->socket);
  g_object_unref (self->cancellable);
  g_free (self->from);
  g_free (self);
}

const IngestKind ingest_stream = { .start = start, .detach = detach, .stop = stop };
