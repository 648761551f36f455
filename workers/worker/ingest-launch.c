/* Sources that are a gst-launch text: the test pattern, and any pipeline of the user's. Every unlinked source pad is a
 * track. */
#include "ingest-private.h"
#include "json-read.h"
#include "encoding.h"
#include "launch.h"

#include <gst/video/video.h>
#include <string.h>

typedef struct
{
  GstPad *pad;
  Encoding encoding;
} OpenPad;

static void
open_pad_clear (gpointer data)
{
  gst_object_unref (((OpenPad *)data)->pad);
}

static JsonNode *
pad_failure (GstPad *pad, const GstCaps *caps)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  const char *said = gst_caps_is_any (caps) || gst_caps_is_empty (caps)
                         ? "anything"
                         : gst_structure_get_name (gst_caps_get_structure (caps, 0));

  if (g_str_has_suffix (said, "/x-raw"))
    return failure_new ("pipelineInvalid",
                        "The pipeline ends in %s at %s: an encoder and its parser belong at its end, such as"
                        " \"x264enc tune=zerolatency ! h264parse\".",
                        said, GST_ELEMENT_NAME (element));
  return failure_new (
      "pipelineInvalid",
      "The pipeline ends in %s at %s: dslrs takes H.264, H.265, MJPEG, AAC, Opus and G.711; a parser such as"
      " h264parse at its end tells which.",
      said, GST_ELEMENT_NAME (element));
}

/* The unlinked source pads of `bin`, in the order of the text. */
static JsonNode *
find_tracks (GstElement *bin, GArray *open)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (gst_object_unref);
  GstIterator *elements = gst_bin_iterate_elements (GST_BIN (bin));
  g_auto (GValue) item = G_VALUE_INIT;

  while (gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object (&item);
    for (GList *link = element->srcpads; link != NULL; link = link->next)
      if (!gst_pad_is_linked (link->data))
        g_ptr_array_insert (found, 0, gst_object_ref (link->data));
    g_value_reset (&item);
  }
  gst_iterator_free (elements);

  for (guint i = 0; i < found->len; i++) {
    OpenPad pad = { .pad = g_ptr_array_index (found, i) };
    g_autoptr (GstCaps) caps = gst_pad_query_caps (pad.pad, NULL);
    if (!encoding_from_caps (caps, &pad.encoding) || pad.encoding.name == NULL)
      return pad_failure (pad.pad, caps);
    gst_object_ref (pad.pad);
    g_array_append_val (open, pad);
  }
  if (open->len == 0)
    return failure_new ("pipelineInvalid",
                        "The pipeline has no open end: leave the last element's source pad unlinked.");
  return NULL;
}

static void
request_keyframe (gpointer user_data)
{
  gst_element_send_event (GST_ELEMENT (user_data),
                          gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

/* Plays the parsed text. `bin`: (transfer floating) */
static void
play_bin (Ingest *ingest, GstElement *bin)
{
  g_autoptr (GArray) open = g_array_new (FALSE, TRUE, sizeof (OpenPad));
  g_autoptr (GArray) tracks = g_array_new (FALSE, TRUE, sizeof (Track));

  g_array_set_clear_func (open, open_pad_clear);
  ingest_make_pipeline (ingest);
  gst_bin_add (GST_BIN (ingest->pipeline), bin);
  JsonNode *failure = find_tracks (bin, open);
  if (failure != NULL) {
    ingest_fail (ingest, failure);
    return;
  }
  for (guint i = 0; i < open->len; i++) {
    OpenPad *pad = &g_array_index (open, OpenPad, i);
    Track track = { .media = pad->encoding.media, .encoding = pad->encoding.name };
    g_array_append_val (tracks, track);
  }
  ingest_begin_life (ingest, (Track *)tracks->data, tracks->len);
  for (guint i = 0; i < open->len; i++) {
    OpenPad *pad = &g_array_index (open, OpenPad, i);
    if (!ingest_add_track (ingest, pad->pad, i, pad->encoding.chain))
      return;
  }
  hub_set_keyframe_func (ingest->settings.hub, ingest->settings.life, request_keyframe, ingest->pipeline);
  ingest_play (ingest);
}

static void
start_test (Ingest *ingest, JsonObject *source)
{
  g_autoptr (GError) error = NULL;
  GstElement *bin = launch_load (ingest->settings.pipelines, "source-test", &error);

  if (bin == NULL) {
    ingest_fail (ingest, failure_new ("internal", "%s", error->message));
    return;
  }
  g_autoptr (GstElement) pattern = launch_element (bin, "source");
  g_autoptr (GstElement) format = launch_element (bin, "format");
  g_autoptr (GstElement) encoder = launch_element (bin, "encoder");
  gint fps = (gint)json_read_int (source, "fps", 25);
  g_autoptr (GstCaps) caps = gst_caps_new_simple (
      "video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, (gint)json_read_int (source, "width", 1280),
      "height", G_TYPE_INT, (gint)json_read_int (source, "height", 720), "framerate", GST_TYPE_FRACTION, fps, 1, NULL);

  gst_util_set_object_arg (G_OBJECT (pattern), "pattern", json_read_string (source, "pattern", "ball"));
  g_object_set (format, "caps", caps, NULL);
  g_object_set (encoder, "bitrate", (guint)(json_read_int (source, "bitrate", 2000000) / 1000), "key-int-max",
                (guint)(2 * fps), NULL);
  play_bin (ingest, bin);
}

static void
start_pipeline (Ingest *ingest, JsonObject *source)
{
  g_autoptr (GError) error = NULL;
  const char *text = json_read_string (source, "pipeline", "");
  GstElement *bin = gst_parse_bin_from_description_full (text, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);

  if (bin == NULL) {
    ingest_fail (ingest, failure_new ("pipelineInvalid", "The pipeline text is not valid: %s", error->message));
    return;
  }
  play_bin (ingest, bin);
}

const IngestKind ingest_test = { .start = start_test };
const IngestKind ingest_pipeline = { .start = start_pipeline };
