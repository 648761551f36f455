#include "reporter.h"
#include "json-read.h"

#include <stdio.h>
#include <string.h>

/* More than this can only wait while the main thread hangs. */
#define MAX_WAITING 4096
/* Recordings that end while nobody listens: as many as wait for the command that is run after them (onSegment). */
#define MAX_KEPT 32

struct _Reporter
{
  GMutex lock;
  GQueue waiting;
  GQueue kept;     /* the main thread's: what the next listener is told first */
  GSource *source; /* set while a flush is scheduled */
  ReporterDeliver deliver;
  gpointer user_data;
};

Reporter *
reporter_new (void)
{
  Reporter *self = g_new0 (Reporter, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->waiting);
  g_queue_init (&self->kept);
  return self;
}

void
reporter_free (Reporter *self)
{
  reporter_flush (self);
  g_queue_clear_full (&self->kept, (GDestroyNotify)json_node_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
deliver_kept (Reporter *self)
{
  JsonNode *report;

  while (self->deliver != NULL && (report = g_queue_pop_head (&self->kept)) != NULL) {
    self->deliver (report, self->user_data);
    json_node_unref (report);
  }
}

void
reporter_set_deliver (Reporter *self, ReporterDeliver deliver, gpointer user_data)
{
  reporter_flush (self);
  self->deliver = deliver;
  self->user_data = user_data;
  deliver_kept (self);
}

static gboolean
is_of_type (JsonNode *report, const char *type)
{
  return strcmp (json_read_string (json_node_get_object (report), "type", ""), type) == 0;
}

static void
keep (Reporter *self, JsonNode *report)
{
  g_queue_push_tail (&self->kept, json_node_ref (report));
  if (self->kept.length > MAX_KEPT)
    json_node_unref (g_queue_pop_head (&self->kept));
}

static void
print (JsonNode *report)
{
  g_autofree char *line = json_to_string (report, FALSE);
  fprintf (stderr, "%s\n", line);
}

void
reporter_flush (Reporter *self)
{
  GQueue reports = G_QUEUE_INIT;

  g_mutex_lock (&self->lock);
  reports = self->waiting;
  g_queue_init (&self->waiting);
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->lock);

  JsonNode *report;
  while ((report = g_queue_pop_head (&reports)) != NULL) {
    if (self->deliver != NULL)
      self->deliver (report, self->user_data);
    else if (is_of_type (report, "log"))
      print (report);
    else if (is_of_type (report, "segmentClosed"))
      keep (self, report);
    json_node_unref (report);
  }
}

static gboolean
on_flush (gpointer user_data)
{
  reporter_flush (user_data);
  return G_SOURCE_REMOVE;
}

void
reporter_send (Reporter *self, JsonNode *report)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->waiting.length >= MAX_WAITING) {
    json_node_unref (report);
    return;
  }
  g_queue_push_tail (&self->waiting, report);
  if (self->source != NULL)
    return;
  self->source = g_idle_source_new ();
  g_source_set_priority (self->source, G_PRIORITY_HIGH);
  g_source_set_callback (self->source, on_flush, self, NULL);
  g_source_attach (self->source, NULL);
}

void
reporter_log (Reporter *self, const char *level, const char *source, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  /* It may quote what a camera said. */
  g_autofree char *text = g_utf8_make_valid (message, -1);

  g_autoptr (JsonObject) log = json_object_new ();
  json_object_set_string_member (log, "type", "log");
  json_object_set_string_member (log, "level", level);
  json_object_set_int_member (log, "at", g_get_real_time () / 1000);
  json_object_set_string_member (log, "source", source);
  json_object_set_string_member (log, "message", text);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, log);
  reporter_send (self, node);
}
