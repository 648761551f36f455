#include "slate.h"
#include "launch.h"

#include <gst/app/gstappsink.h>

#define PATIENCE (10 * GST_SECOND)
#define SMALLEST 16

struct _Slate
{
  char *pipelines;
  char *text;
  SlateMade made;
  gpointer user_data;

  SlateFormat format;       /* of the sample, made or being made */
  GstSample *sample;        /* or NULL */
  GCancellable *cancelling; /* the encoding, or NULL */
};

typedef struct
{
  SlateFormat format;
  char *pipelines;
  char *markup;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->pipelines);
  g_free (job->markup);
  g_free (job);
}

/* Subsampled colour needs an even size. */
static gint
even (gint length)
{
  return MAX (length + length % 2, SMALLEST);
}

static GstElement *
build (const Job *job, GError **error)
{
  g_autofree char *launch = g_strconcat ("slate-", job->format.encoding, NULL);
  GstElement *bin = launch_load (job->pipelines, launch, error);

  if (bin == NULL)
    return NULL;
  g_autoptr (GstElement) format = launch_element (bin, "format");
  g_autoptr (GstElement) text = launch_element (bin, "text");
  g_autoptr (GstCaps) caps
      = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
                             even (job->format.width), "height", G_TYPE_INT, even (job->format.height), "framerate",
                             GST_TYPE_FRACTION, 25, 1, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  GstElement *pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));

  g_object_set (format, "caps", caps, NULL);
  g_object_set (text, "text", job->markup, NULL);
  gst_bin_add (GST_BIN (pipeline), bin);
  return pipeline;
}

static GError *
what_went_wrong (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error = NULL;

  if (message != NULL)
    gst_message_parse_error (message, &error, NULL);
  else
    error = g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE, "the encoder gave no picture");
  return error;
}

static void
encode (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  g_autoptr (GstElement) pipeline = build (data, &error);

  if (pipeline == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_autoptr (GstElement) sink = launch_element (pipeline, "sink");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstSample *sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), PATIENCE);
  if (sample == NULL)
    error = what_went_wrong (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (sample != NULL)
    g_task_return_pointer (task, sample, (GDestroyNotify)gst_sample_unref);
  else
    g_task_return_error (task, error);
}

/* One that was cancelled must not touch the Slate, which may be gone. */
static void
on_encoded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Slate *self = user_data;
  g_autoptr (GError) error = NULL;
  GstSample *sample = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancelling);
  self->sample = sample;
  self->made (error, self->user_data);
}

static void
drop (Slate *self)
{
  if (self->cancelling != NULL)
    g_cancellable_cancel (self->cancelling);
  g_clear_object (&self->cancelling);
  g_clear_pointer (&self->sample, gst_sample_unref);
}

static void
start_encoding (Slate *self)
{
  Job *job = g_new0 (Job, 1);

  self->cancelling = g_cancellable_new ();
  g_autoptr (GTask) task = g_task_new (NULL, self->cancelling, on_encoded, self);
  job->format = self->format;
  job->pipelines = g_strdup (self->pipelines);
  job->markup = g_markup_escape_text (self->text, -1);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, encode);
}

static gboolean
same_format (const SlateFormat *a, const SlateFormat *b)
{
  return a->encoding == b->encoding && a->width == b->width && a->height == b->height;
}

GstSample *
slate_get (Slate *self, const SlateFormat *format)
{
  if (!same_format (format, &self->format)) {
    drop (self);
    self->format = *format;
    start_encoding (self);
  }
  return self->sample;
}

Slate *
slate_new (const char *pipelines, const char *text, SlateMade made, gpointer user_data)
{
  Slate *self = g_new0 (Slate, 1);

  self->pipelines = g_strdup (pipelines);
  self->text = g_strdup (text);
  self->made = made;
  self->user_data = user_data;
  return self;
}

void
slate_free (Slate *self)
{
  drop (self);
  g_free (self->pipelines);
  g_free (self->text);
  g_free (self);
}
