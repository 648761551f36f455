#include "file-play.h"
#include "json-read.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *folder;

void
file_play_enter (void)
{
  folder = g_dir_make_tmp ("dslrs-file-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_assert_cmpint (chdir (folder), ==, 0);
}

void
file_play_leave (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = NULL;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_unlink (name) != 0)
      g_rmdir (name);
  g_assert_cmpint (chdir ("/"), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_clear_pointer (&folder, g_free);
}

static char *
run (const char *command)
{
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  gint status = 0;

  g_assert_true (g_spawn_command_line_sync (command, &out, NULL, &status, &error));
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", command, error->message);
  return g_steal_pointer (&out);
}

void
file_play_make (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *options = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *command = g_strconcat ("ffmpeg -v error -nostdin -y ", options, NULL);
  g_free (run (command));
}

gint64
file_play_packet_at (const char *path, guint n)
{
  g_autofree char *command
      = g_strdup_printf ("ffprobe -v error -select_streams v -show_entries packet=pos -of csv=p=0 %s", path);
  g_autofree char *out = run (command);
  g_auto (GStrv) lines = g_strsplit (out, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), >, n);
  return g_ascii_strtoll (lines[n], NULL, 10);
}

void
file_play_overwrite (const char *path, gint64 at, gsize size, guint8 byte)
{
  g_autofree guint8 *bytes = g_malloc (size);
  FILE *file = fopen (path, "r+b");

  for (gsize i = 0; i < size; i++)
    bytes[i] = byte;
  g_assert_nonnull (file);
  g_assert_cmpint (fseek (file, at, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (bytes, 1, size, file), ==, size);
  fclose (file);
}

static void
take_video (FilePlay *self, const HubFrame *frame)
{
  const GstStructure *structure = gst_caps_get_structure (frame->caps, 0);
  /* The ingest is not known yet while it starts. */
  const PlayedFrame played = {
    .pts = (gint64)GST_BUFFER_PTS (frame->buffer),
    .position_ms = self->ingest != NULL ? ingest_position_ms (self->ingest) : -1,
    .is_keyframe = frame->keyframe,
  };

  g_array_append_val (self->video, played);
  g_free (self->encoding);
  self->encoding = g_strdup (gst_structure_get_name (structure));
  gst_structure_get_int (structure, "width", &self->width);
}

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  FilePlay *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 pts = (gint64)GST_BUFFER_PTS (frame->buffer);
  guint track = frame->track;

  g_assert_cmpuint (track, <, G_N_ELEMENTS (self->newest));
  if (frame->media == MEDIA_VIDEO)
    take_video (self, frame);
  if (self->newest[track] != 0)
    self->longest[track] = MAX (self->longest[track], pts - self->newest[track]);
  self->newest[track] = MAX (self->newest[track], pts);
}

static void
on_report (JsonNode *report, gpointer user_data)
{
  FilePlay *self = user_data;
  JsonObject *object = json_node_get_object (report);

  if (g_str_equal (json_read_string (object, "type", ""), "log"))
    g_ptr_array_add (self->logs, g_strdup (json_read_string (object, "message", "")));
}

static void
on_ended (Ingest *ingest, JsonNode *failure, gpointer user_data)
{
  FilePlay *self = user_data;

  g_clear_pointer (&self->failure, json_node_unref);
  self->failure = failure;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static const HubSinkFuncs sink_funcs = { .frame = on_frame };

FilePlay *
file_play_start (const char *path, gboolean loop, gboolean resume)
{
  FilePlay *self = g_new0 (FilePlay, 1);
  g_autoptr (JsonObject) source = json_object_new ();

  self->hub = hub_new ();
  self->reporter = reporter_new ();
  reporter_set_deliver (self->reporter, on_report, self);
  g_mutex_init (&self->lock);
  self->video = g_array_new (FALSE, FALSE, sizeof (PlayedFrame));
  self->logs = g_ptr_array_new_with_free_func (g_free);
  self->sink = hub_attach (self->hub, &sink_funcs, self, HUB_LIVE_ONLY, NULL);
  self->tick = g_timeout_add (10, on_tick, NULL);
  const IngestSettings settings = {
    .hub = self->hub,
    .reporter = self->reporter,
    .pipelines = g_getenv ("DSLRS_TEST_PIPELINES"),
    .life = 1,
    .ended = on_ended,
    .user_data = self,
  };
  json_object_set_string_member (source, "kind", "file");
  json_object_set_string_member (source, "path", path);
  json_object_set_boolean_member (source, "loop", loop);
  json_object_set_boolean_member (source, "resume", resume);
  self->ingest = ingest_start (&settings, source);
  return self;
}

void
file_play_stop (FilePlay *self)
{
  ingest_free (self->ingest, "stopped");
  hub_detach (self->hub, self->sink);
  hub_free (self->hub);
  reporter_free (self->reporter);
  g_source_remove (self->tick);
  g_array_unref (self->video);
  g_ptr_array_unref (self->logs);
  g_clear_pointer (&self->failure, json_node_unref);
  g_free (self->encoding);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
file_play_until (FilePlay *self, FilePlayCondition condition, gint64 argument)
{
  gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  for (;;) {
    g_mutex_lock (&self->lock);
    gboolean is_met = condition (self, argument);
    g_mutex_unlock (&self->lock);
    if (is_met)
      return;
    if (self->failure != NULL && condition != file_play_failed)
      g_error ("it ended: %s", file_play_failure (self));
    if (g_get_monotonic_time () > deadline)
      g_error ("waited in vain; %u frames of video came", self->video->len);
    g_main_context_iteration (NULL, TRUE);
  }
}

gboolean
file_play_lasts_ms (FilePlay *self, gint64 ms)
{
  if (self->video->len == 0)
    return FALSE;
  const PlayedFrame *first = &g_array_index (self->video, PlayedFrame, 0);
  const PlayedFrame *last = &g_array_index (self->video, PlayedFrame, self->video->len - 1);
  return last->pts - first->pts >= ms * GST_MSECOND;
}

gboolean
file_play_failed (FilePlay *self, gint64 unused)
{
  return self->failure != NULL;
}

static const char *
member (FilePlay *self, const char *name)
{
  return self->failure != NULL ? json_read_string (json_node_get_object (self->failure), name, "") : "";
}

const char *
file_play_failure (FilePlay *self)
{
  return member (self, "message");
}

const char *
file_play_reason (FilePlay *self)
{
  return member (self, "reason");
}

guint
file_play_logged (FilePlay *self, const char *text, const char *other)
{
  guint found = 0;

  for (guint i = 0; i < self->logs->len; i++) {
    const char *line = g_ptr_array_index (self->logs, i);
    found += strstr (line, text) != NULL && strstr (line, other) != NULL;
  }
  return found;
}
