#include "recording-status.h"

#define KIND "record"

struct _RecordingStatus
{
  Reporter *reporter;
  char *id;

  GMutex lock;
  gboolean muted;
  RecordingStats stats;
  GPtrArray *opened; /* paths reported as open */
};

RecordingStatus *
recording_status_new (Reporter *reporter, const char *id)
{
  RecordingStatus *self = g_new0 (RecordingStatus, 1);

  self->reporter = reporter;
  self->id = g_strdup (id);
  self->stats.state = "waiting";
  self->opened = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&self->lock);
  return self;
}

void
recording_status_free (RecordingStatus *self)
{
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->opened);
  g_free (self->stats.path);
  g_free (self->stats.root);
  g_clear_pointer (&self->stats.failure, json_node_unref);
  g_free (self->id);
  g_free (self);
}

void
recording_status_mute (RecordingStatus *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->muted = TRUE;
}

static gboolean
is_same (JsonNode *a, JsonNode *b)
{
  JsonObject *one = json_node_get_object (a);
  JsonObject *other = json_node_get_object (b);

  return json_object_get_int_member_with_default (one, "code", 0)
             == json_object_get_int_member_with_default (other, "code", 0)
         && g_str_equal (json_object_get_string_member_with_default (one, "reason", ""),
                         json_object_get_string_member_with_default (other, "reason", ""));
}

static void
name_disk (JsonNode *failure)
{
  JsonObject *object = json_node_get_object (failure);
  const char *domain = json_object_get_string_member_with_default (object, "domain", "");

  if (g_str_equal (domain, g_quark_to_string (GST_RESOURCE_ERROR)))
    json_object_set_string_member (object, "reason", "disk");
}

void
recording_status_degraded (RecordingStatus *self, JsonNode *failure)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  name_disk (failure);
  if (self->stats.failure == NULL)
    self->stats.since_ms = g_get_real_time () / 1000;
  if (!self->muted && (self->stats.failure == NULL || !is_same (self->stats.failure, failure)))
    output_report_degraded (self->reporter, self->id, KIND, json_node_copy (failure));
  g_clear_pointer (&self->stats.failure, json_node_unref);
  self->stats.failure = failure;
  self->stats.state = "degraded";
}

void
recording_status_up (RecordingStatus *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->muted && !g_str_equal (self->stats.state, "up"))
    output_report_up (self->reporter, self->id, KIND);
  g_clear_pointer (&self->stats.failure, json_node_unref);
  self->stats.state = "up";
}

void
recording_status_idle (RecordingStatus *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_pointer (&self->stats.failure, json_node_unref);
  self->stats.state = "waiting";
}

void
recording_status_warn (RecordingStatus *self, const char *format, ...)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (!self->muted)
    reporter_log (self->reporter, "warn", self->id, "%s", message);
}

/* With the lock. */
static void
report_opened (RecordingStatus *self, Segment *segment)
{
  SegmentSummary summary;

  segment_summarize (segment, &summary);
  g_ptr_array_add (self->opened, g_strdup (summary.path));
  self->stats.segments++;
  if (!self->muted)
    output_report_segment_opened (self->reporter, self->id, &summary);
}

void
recording_status_opened (RecordingStatus *self, Segment *segment, const char *root)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  report_opened (self, segment);
  g_free (self->stats.path);
  g_free (self->stats.root);
  self->stats.path = g_strdup (segment_file_path (segment_file (segment)));
  self->stats.root = g_strdup (root);
}

void
recording_status_closed (RecordingStatus *self, Segment *segment, gboolean whole)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  SegmentSummary summary;
  guint index = 0;

  segment_summarize (segment, &summary);
  if (!whole && summary.bytes == 0)
    return;
  if (!g_ptr_array_find_with_equal_func (self->opened, summary.path, g_str_equal, &index)) {
    report_opened (self, segment);
    index = self->opened->len - 1;
  }
  g_ptr_array_remove_index_fast (self->opened, index);
  summary.whole = whole;
  if (!whole)
    summary.reason = "error";
  if (!self->muted)
    output_report_segment_closed (self->reporter, self->id, &summary);
}

void
recording_status_no_file (RecordingStatus *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_pointer (&self->stats.path, g_free);
  g_clear_pointer (&self->stats.root, g_free);
  if (g_str_equal (self->stats.state, "up"))
    self->stats.state = "waiting";
}

void
recording_status_count (RecordingStatus *self, guint frames, gsize bytes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->stats.frames += frames;
  self->stats.bytes += bytes;
}

void
recording_status_count_dropped (RecordingStatus *self, guint64 frames)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->stats.frames_dropped += frames;
}

void
recording_status_set_pre_bytes (RecordingStatus *self, gsize bytes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->stats.pre_bytes = bytes;
}

void
recording_status_get (RecordingStatus *self, RecordingStats *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *stats = self->stats;
  stats->path = g_strdup (self->stats.path);
  stats->root = g_strdup (self->stats.root);
  stats->failure = self->stats.failure != NULL ? json_node_copy (self->stats.failure) : NULL;
}
