#include "suspicion.h"

#include <glib-unix.h>

/* Auto: two missing frames, but no less than what a healthy network may delay one. */
#define LEAST_US (80 * 1000)
#define INTERVALS 2
/* Sound that is silent (DTX, voice activity) is not sent. */
#define LEAST_SOUND_US G_USEC_PER_SEC
/* Data that comes and yields no frame. */
#define FRAMELESS_US (2 * G_USEC_PER_SEC)
#define FRAMELESS_INTERVALS 8
/* A track that falls silent again and again is told of so often at most. */
#define SUSPECT_EVERY_US (400 * 1000)
/* An alarm heard so late means that this process did not run, and neither did the threads that would have seen the
 * data: they get a moment. */
#define LATE_US (30 * 1000)
#define MOMENT_US (20 * 1000)

typedef enum
{
  TRUSTED,
  SILENT,
  FRAMELESS
} Doubt;

typedef struct
{
  Suspicion *suspicion;
  guint track;
  Alarm *alarm;
  guint watch;
  Doubt doubt;
  gint64 since_us; /* the last data or frame before the doubt */
  gint64 not_before_us;
  gint64 frameless_after_us; /* 0: nothing of that kind is looked for */
  guint frameless_timer;
  gboolean gave_a_moment;
} Watched;

struct _Suspicion
{
  Hub *hub;
  Arrivals *arrivals;
  Reporter *reporter;
  guint64 life;      /* 0: nothing is watched */
  GPtrArray *tracks; /* Watched */
};

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static JsonBuilder *
report_new (Suspicion *self, const char *type, guint track, gint64 silent_us)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, type);
  add_int (builder, "life", (gint64)self->life);
  add_int (builder, "track", track);
  add_int (builder, "silentMs", silent_us / 1000);
  return builder;
}

static void
report_send (Suspicion *self, JsonBuilder *builder)
{
  json_builder_end_object (builder);
  reporter_send (self->reporter, json_builder_get_root (builder));
}

static void
doubt (Watched *watched, Doubt what, const Arrival *arrival, gint64 now)
{
  Suspicion *self = watched->suspicion;
  gint64 since = what == SILENT ? arrival->last_us : arrival->last_frame_us;
  g_autoptr (JsonBuilder) builder = report_new (self, "suspect", watched->track, now - since);

  watched->doubt = what;
  watched->since_us = since;
  watched->not_before_us = now + SUSPECT_EVERY_US;
  add_int (builder, "intervalMs", MAX (arrival->interval_us / 1000, 1));
  report_send (self, builder);
  alarm_set (watched->alarm, 0);
  arrivals_set_alarm (self->arrivals, watched->track, what == SILENT ? ALARM_AT_DATA : ALARM_AT_FRAME);
}

/* Also right after doubt(), for data that came before it had set the alarm. */
static void
clear_if_over (Watched *watched)
{
  Suspicion *self = watched->suspicion;
  Arrival arrival;

  if (watched->doubt == TRUSTED || !arrivals_get (self->arrivals, watched->track, &arrival))
    return;
  gint64 last = watched->doubt == SILENT ? arrival.last_us : arrival.last_frame_us;
  if (last == watched->since_us)
    return;
  watched->doubt = TRUSTED;
  g_autoptr (JsonBuilder) builder = report_new (self, "suspectCleared", watched->track, last - watched->since_us);
  report_send (self, builder);
}

static gboolean on_frameless_due (gpointer user_data);

/* Sources that note their data ahead of the frames may have data and no frames. Looked at rarely: the limit is long. */
static void
watch_frames (Watched *watched, const Arrival *arrival, gint64 now)
{
  gint64 limit = MAX (FRAMELESS_US, FRAMELESS_INTERVALS * arrival->interval_us);
  gint64 due = MAX (arrival->last_frame_us + limit, watched->not_before_us);

  if (!arrival->packets || watched->frameless_timer != 0)
    return;
  watched->frameless_after_us = limit;
  watched->frameless_timer
      = g_timeout_add_full (G_PRIORITY_HIGH, (guint)(MAX (due - now, 0) / 1000 + 1), on_frameless_due, watched, NULL);
}

/* Looks whether the track is silent, and when to look again. */
static void
look (Watched *watched)
{
  Arrivals *arrivals = watched->suspicion->arrivals;
  gint64 now = g_get_monotonic_time ();
  Arrival arrival;

  clear_if_over (watched);
  if (watched->doubt != TRUSTED)
    return;
  arrivals_set_alarm (arrivals, watched->track, ALARM_AT_FRAME);
  if (!arrivals_get (arrivals, watched->track, &arrival))
    return;
  gint64 due = MAX (arrival.last_us + arrival.limit_us, watched->not_before_us);
  if (now >= due) {
    doubt (watched, SILENT, &arrival, now);
    clear_if_over (watched);
    if (watched->doubt == TRUSTED)
      alarm_set (watched->alarm, now);
    return;
  }
  arrivals_set_alarm (arrivals, watched->track, ALARM_AT_SILENCE);
  alarm_set (watched->alarm, due);
  watch_frames (watched, &arrival, now);
}

static gboolean
is_watching (const Suspicion *self)
{
  return self->life != 0 && arrivals_life (self->arrivals) == self->life;
}

static gboolean
on_frameless_due (gpointer user_data)
{
  Watched *watched = user_data;
  Suspicion *self = watched->suspicion;
  gint64 now = g_get_monotonic_time ();
  Arrival arrival;

  watched->frameless_timer = 0;
  if (!is_watching (self) || !arrivals_get (self->arrivals, watched->track, &arrival))
    return G_SOURCE_REMOVE;
  if (watched->doubt == TRUSTED && now - arrival.last_frame_us >= watched->frameless_after_us)
    doubt (watched, FRAMELESS, &arrival, now);
  else
    watch_frames (watched, &arrival, now);
  return G_SOURCE_REMOVE;
}

static gboolean
on_alarm (int fd, GIOCondition condition, gpointer user_data)
{
  Watched *watched = user_data;
  gint64 now = g_get_monotonic_time ();
  gint64 due = 0;

  if (!alarm_take (watched->alarm, &due) || !is_watching (watched->suspicion))
    return G_SOURCE_CONTINUE;
  clear_if_over (watched);
  watched->gave_a_moment = now > due + LATE_US && !watched->gave_a_moment;
  if (watched->gave_a_moment)
    alarm_set (watched->alarm, now + MOMENT_US);
  else
    look (watched);
  return G_SOURCE_CONTINUE;
}

static void
watched_free (gpointer data)
{
  Watched *watched = data;

  g_source_remove (watched->watch);
  g_clear_handle_id (&watched->frameless_timer, g_source_remove);
  g_free (watched);
}

static void
watch (Suspicion *self, const Track *track, guint suspect_ms)
{
  Watched *watched = g_new0 (Watched, 1);
  SilenceLimit limit = suspect_ms > 0 ? (SilenceLimit){ .least_us = (gint64)suspect_ms * 1000 }
                                      : (SilenceLimit){ .least_us = LEAST_US, .intervals = INTERVALS };

  if (track->media == MEDIA_AUDIO)
    limit.least_us = MAX (limit.least_us, LEAST_SOUND_US);
  watched->suspicion = self;
  watched->track = track->index;
  watched->alarm = arrivals_alarm (self->arrivals, track->index);
  watched->watch = g_unix_fd_add_full (G_PRIORITY_HIGH, watched->alarm->fd, G_IO_IN, on_alarm, watched, NULL);
  g_ptr_array_add (self->tracks, watched);
  arrivals_set_limit (self->arrivals, track->index, &limit);
  look (watched);
}

Suspicion *
suspicion_new (Hub *hub, Reporter *reporter)
{
  Suspicion *self = g_new0 (Suspicion, 1);

  self->hub = hub;
  self->arrivals = hub_arrivals (hub);
  self->reporter = reporter;
  self->tracks = g_ptr_array_new_with_free_func (watched_free);
  return self;
}

void
suspicion_free (Suspicion *self)
{
  g_ptr_array_unref (self->tracks);
  g_free (self);
}

void
suspicion_begin (Suspicion *self, guint64 life, guint suspect_ms)
{
  g_autoptr (GPtrArray) tracks = hub_get_all_tracks (self->hub);

  suspicion_end (self);
  self->life = life;
  for (guint i = 0; i < MIN (tracks->len, ARRIVALS_MAX_TRACKS); i++)
    watch (self, g_ptr_array_index (tracks, i), suspect_ms);
}

void
suspicion_end (Suspicion *self)
{
  self->life = 0;
  g_ptr_array_set_size (self->tracks, 0);
}
