#include "monitor.h"

#define LEAPS_TOLD_EVERY_US (10 * G_USEC_PER_SEC)

typedef struct
{
  guint64 frames;
  guint64 keyframes;
  guint64 bytes;
  gint64 last_us; /* 0: no frame in this life */
} Counter;

struct _Monitor
{
  Hub *hub;
  Reporter *reporter;
  MonitorFirstFrame first_frame;
  gpointer user_data;
  guint sink;

  GMutex lock;
  GArray *counters;
  GPtrArray *formats; /* GstCaps as last seen, by track */
  guint64 life;       /* of the last frame */
  guint64 up;         /* life that was announced */

  gint64 leap_told_us; /* of the hub's callbacks, which hold its lock */

  GSource *announcement; /* scheduled for the main thread, with what it is to tell: */
  guint64 announced_up;
  gboolean announced_change;
};

static void
send_tracks (Monitor *self, guint64 life)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, "tracks");
  json_builder_set_member_name (builder, "life");
  json_builder_add_int_value (builder, (gint64)life);
  monitor_add_tracks (self, builder);
  json_builder_end_object (builder);
  reporter_send (self->reporter, json_builder_get_root (builder));
}

static gboolean
announce (gpointer user_data)
{
  Monitor *self = user_data;

  g_mutex_lock (&self->lock);
  guint64 up = self->announced_up;
  gboolean changed = self->announced_change;
  guint64 life = self->life;
  self->announced_up = 0;
  self->announced_change = FALSE;
  g_clear_pointer (&self->announcement, g_source_unref);
  g_mutex_unlock (&self->lock);
  if (up != 0)
    self->first_frame (up, self->user_data);
  else if (changed)
    send_tracks (self, life);
  return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void
schedule (Monitor *self)
{
  if (self->announcement != NULL)
    return;
  self->announcement = g_idle_source_new ();
  g_source_set_priority (self->announcement, G_PRIORITY_HIGH);
  g_source_set_callback (self->announcement, announce, self, NULL);
  g_source_attach (self->announcement, NULL);
}

static void
begin_life (Monitor *self, guint64 life)
{
  self->life = life;
  for (guint i = 0; i < self->counters->len; i++)
    g_array_index (self->counters, Counter, i).last_us = 0;
}

static gboolean
format_changed (Monitor *self, const HubFrame *frame)
{
  GstCaps *known = g_ptr_array_index (self->formats, frame->track);

  if (known == frame->caps)
    return FALSE;
  gst_caps_replace (&known, frame->caps);
  g_ptr_array_index (self->formats, frame->track) = known;
  return TRUE;
}

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Monitor *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (frame->life != self->life)
    begin_life (self, frame->life);
  if (frame->track >= self->counters->len) {
    g_array_set_size (self->counters, frame->track + 1);
    g_ptr_array_set_size (self->formats, (gint)frame->track + 1);
  }
  Counter *counter = &g_array_index (self->counters, Counter, frame->track);
  counter->frames++;
  counter->keyframes += frame->keyframe;
  counter->bytes += gst_buffer_get_size (frame->buffer);
  counter->last_us = frame->arrived_us;

  gboolean changed = format_changed (self, frame);
  if (self->up == frame->life) {
    self->announced_change |= changed;
  } else if (frame->keyframe && (frame->media == MEDIA_VIDEO || frame->audio_only)) {
    self->up = frame->life;
    self->announced_up = frame->life;
  }
  if (self->announced_up != 0 || self->announced_change)
    schedule (self);
}

/* A clock that leaps again and again is told of once in a while. */
static void
on_times (guint track, TimesNews news, gint64 leap, gpointer user_data)
{
  Monitor *self = user_data;
  gint64 now = g_get_monotonic_time ();

  if (news == TIMES_USELESS) {
    reporter_log (self->reporter, "warn", "ingest",
                  "track %u: the source's timestamps stand still, fall or are missing: taking the times of arrival",
                  track);
    return;
  }
  if (self->leap_told_us != 0 && now - self->leap_told_us < LEAPS_TOLD_EVERY_US)
    return;
  self->leap_told_us = now;
  reporter_log (self->reporter, "warn", "ingest", "track %u: the source's clock leapt %s by %.3f s; taken out", track,
                leap < 0 ? "back" : "ahead", (double)ABS (leap) / GST_SECOND);
}

static const HubSinkFuncs sink_funcs = { .frame = on_frame };

static void
clear_caps (gpointer caps)
{
  if (caps != NULL)
    gst_caps_unref (caps);
}

Monitor *
monitor_new (Hub *hub, Reporter *reporter, MonitorFirstFrame first_frame, gpointer user_data)
{
  Monitor *self = g_new0 (Monitor, 1);

  self->hub = hub;
  self->reporter = reporter;
  self->first_frame = first_frame;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  self->counters = g_array_new (FALSE, TRUE, sizeof (Counter));
  self->formats = g_ptr_array_new_with_free_func (clear_caps);
  hub_set_times_func (hub, on_times, self);
  self->sink = hub_attach (hub, &sink_funcs, self, HUB_LIVE_ONLY, NULL);
  return self;
}

void
monitor_free (Monitor *self)
{
  hub_set_times_func (self->hub, NULL, NULL);
  hub_detach (self->hub, self->sink);
  if (self->announcement != NULL)
    g_source_destroy (self->announcement);
  g_clear_pointer (&self->announcement, g_source_unref);
  g_array_unref (self->counters);
  g_ptr_array_unref (self->formats);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_format (JsonBuilder *builder, const GstCaps *caps)
{
  static const char *const numbers[] = { "width", "height", "rate", "channels" };
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint value = 0;
  gint num = 0;
  gint den = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (gst_structure_get_int (structure, numbers[i], &value))
      add_int (builder, numbers[i], value);
  if (gst_structure_get_fraction (structure, "framerate", &num, &den) && num > 0 && den > 0) {
    json_builder_set_member_name (builder, "fps");
    json_builder_add_double_value (builder, (double)num / den);
  }
}

void
monitor_add_tracks (Monitor *self, JsonBuilder *builder)
{
  g_autoptr (GPtrArray) tracks = hub_get_all_tracks (self->hub);

  json_builder_set_member_name (builder, "tracks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < tracks->len; i++) {
    Track *track = g_ptr_array_index (tracks, i);
    json_builder_begin_object (builder);
    add_int (builder, "index", track->index);
    json_builder_set_member_name (builder, "media");
    json_builder_add_string_value (builder, track->media == MEDIA_VIDEO ? "video" : "audio");
    json_builder_set_member_name (builder, "encoding");
    json_builder_add_string_value (builder, track->encoding);
    if (track->caps != NULL)
      add_format (builder, track->caps);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

void
monitor_add_counters (Monitor *self, JsonBuilder *builder)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now = g_get_monotonic_time ();

  json_builder_set_member_name (builder, "tracks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->counters->len; i++) {
    Counter *counter = &g_array_index (self->counters, Counter, i);
    json_builder_begin_object (builder);
    add_int (builder, "index", i);
    add_int (builder, "frames", (gint64)counter->frames);
    add_int (builder, "keyframes", (gint64)counter->keyframes);
    add_int (builder, "bytes", (gint64)counter->bytes);
    json_builder_set_member_name (builder, "lastFrameAgeMs");
    if (counter->last_us == 0)
      json_builder_add_null_value (builder);
    else
      json_builder_add_int_value (builder, (now - counter->last_us) / 1000);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}
