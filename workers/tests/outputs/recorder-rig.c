#include "recorder-rig.h"
#include "rig.h"

void
recorder_rig_set_up (RecorderRig *self, gconstpointer data)
{
  self->directory = rig_directory ();
  self->hub = hub_new ();
  self->reports = reports_new ();
  self->clip = clip_new ();
  self->context = (OutputContext){
    .hub = self->hub,
    .reporter = self->reports->reporter,
    .pipelines = g_getenv ("DSLRS_TEST_PIPELINES"),
  };
}

JsonNode *
recorder_rig_settings (RecorderRig *self, const char *format, int every_ms, const char *more)
{
  g_autofree char *text
      = g_strdup_printf ("{\"id\":\"record\",\"kind\":\"record\",\"format\":\"%s\",\"roots\":[\"%s\"],"
                         "\"path\":\"cam/{date}/cam_{time}\",\"everyMs\":%d,\"bytes\":0%s%s}",
                         format, self->directory, every_ms, *more != '\0' ? "," : "", more);

  return json_from_string (text, NULL);
}

void
recorder_rig_start (RecorderRig *self, const char *format, int every_ms)
{
  recorder_rig_start_with (self, format, every_ms, "");
}

void
recorder_rig_start_with (RecorderRig *self, const char *format, int every_ms, const char *more)
{
  g_autoptr (JsonNode) node = recorder_rig_settings (self, format, every_ms, more);

  self->recorder = recorder_new (&self->context, json_node_get_object (node), NULL);
  g_assert_nonnull (self->recorder);
}

static void
on_stopped (Output *output, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *)user_data;
}

void
recorder_rig_stop (RecorderRig *self)
{
  gboolean stopped = FALSE;

  self->recorder->funcs->stop (self->recorder, on_stopped, &stopped);
  reports_run_until (is_true, &stopped);
}

void
recorder_rig_tear_down (RecorderRig *self, gconstpointer data)
{
  /* What it does on threads of its own is not to come after the folder is gone. */
  recorder_rig_stop (self);
  self->recorder->funcs->free (self->recorder);
  reports_free (self->reports);
  hub_free (self->hub);
  clip_free (self->clip);
  rig_remove (self->directory);
}

JsonNode *
recorder_rig_stats (RecorderRig *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  self->recorder->funcs->stats (self->recorder, builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

LiveClip
live_clip_begin (RecorderRig *rig, guint64 life, gboolean sound)
{
  if (sound)
    clip_begin (rig->clip, rig->hub, life);
  else
    clip_begin_without_sound (rig->clip, rig->hub, life);
  return (LiveClip){ .rig = rig, .sound = sound, .life = life, .begun_us = g_get_monotonic_time () };
}

static void
push_due (LiveClip *self)
{
  guint due = (guint)((g_get_monotonic_time () - self->begun_us) * GST_USECOND / CLIP_FRAME_TIME);

  for (; self->next <= due; self->next++)
    clip_push (self->rig->clip, self->rig->hub, self->life, self->next, self->next + 1, self->sound);
}

typedef struct
{
  LiveClip *live;
  const char *type;
  guint n;
} LiveWait;

static gboolean
has_report (gpointer user_data)
{
  LiveWait *wait = user_data;

  push_due (wait->live);
  return reports_count (wait->live->rig->reports, wait->type) > 0;
}

JsonNode *
live_clip_await (LiveClip *self, const char *type)
{
  LiveWait wait = { .live = self, .type = type };

  reports_run_until (has_report, &wait);
  return reports_await (self->rig->reports, type);
}

static gboolean
has_run (gpointer user_data)
{
  LiveWait *wait = user_data;

  push_due (wait->live);
  return wait->live->next >= wait->n;
}

void
live_clip_run_to (LiveClip *self, guint n)
{
  LiveWait wait = { .live = self, .n = n };

  reports_run_until (has_run, &wait);
}

void
recorder_rig_assert_same (GPtrArray *found, GPtrArray *samples, guint from, guint n)
{
  g_autoptr (GPtrArray) digests = clip_digests (samples);

  g_assert_cmpuint (found->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpstr (g_ptr_array_index (found, i), ==, g_ptr_array_index (digests, (from + i) % digests->len));
}

void
recorder_rig_assert_video (JsonNode *closed, Clip *clip, guint from, guint n)
{
  g_autoptr (GPtrArray) video = clip_digests_of_file (report_string (closed, "path"), MEDIA_VIDEO);

  recorder_rig_assert_same (video, clip->video, from, n);
}
