#include "fallback.h"
#include "encoding.h"
#include "frame.h"
#include "slate.h"
#include "still.h"

/* Silence that means that the source is away: so many usual intervals from picture to picture, within these limits. */
#define AWAY_INTERVALS 3
#define AWAY_MIN_US G_USEC_PER_SEC
#define AWAY_MAX_US (10 * G_USEC_PER_SEC)
#define EVERY_MS 1000
/* Of the slate of a stream of which nothing is known. */
#define UNKNOWN_ENCODING "h264"
#define UNKNOWN_WIDTH 1280
#define UNKNOWN_HEIGHT 720
#define NO_SIGNAL "no signal"

struct _Fallback
{
  Hub *hub;

  GMutex lock;
  FallbackKind kind;
  gint64 since_us;    /* when the last picture came that could be shown */
  gint64 patience_us; /* the silence that means that the source is away */
  gint64 arrived_us;  /* when the last picture came */
  guint64 life;       /* that it came from */
  HubFrame *keyframe; /* the last one, or NULL */
  HubFrame *slate;    /* or NULL */
  gboolean audio_only;
  GstClockTime shown; /* PTS of the last still; GST_CLOCK_TIME_NONE once the source is back */
  gboolean arriving;  /* pictures have come since, but none to go on with */

  /* The main thread's own from here on. */
  FallbackSettings settings;
  guint sink;
  guint due;
  char *title;
  Slate *slates; /* NULL unless the kind is FALLBACK_SLATE */
  gboolean is_showing;
};

gboolean
fallback_kind_from_name (const char *name, FallbackKind *kind)
{
  static const char *const names[] = {
    [FALLBACK_NONE] = "none",
    [FALLBACK_LAST_FRAME] = "lastFrame",
    [FALLBACK_SLATE] = "slate",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_str_equal (name, names[i])) {
      *kind = (FallbackKind)i;
      return TRUE;
    }
  }
  return FALSE;
}

/* The functions down to note_interval() are called with the lock. */
static gboolean
is_showing (Fallback *self)
{
  return self->shown != GST_CLOCK_TIME_NONE;
}

static gboolean
is_away (Fallback *self)
{
  return !self->audio_only && (is_showing (self) || g_get_monotonic_time () - self->since_us >= self->patience_us);
}

static gboolean
ends_stills (Fallback *self, const HubFrame *frame)
{
  return frame->keyframe && GST_BUFFER_PTS (frame->buffer) > self->shown;
}

static const HubFrame *
picture (Fallback *self)
{
  return self->kind == FALLBACK_SLATE ? self->slate : self->keyframe;
}

static HubFrame *
of_now (Fallback *self, const HubFrame *picture)
{
  return still_new (picture, hub_now (self->hub));
}

/* A camera may send less than it says, one picture in five seconds perhaps, and be well. */
static void
note_interval (Fallback *self, const HubFrame *frame)
{
  gint64 gap_us = frame->life == self->life ? frame->arrived_us - self->arrived_us : 0;
  gint64 interval_us = MAX (gap_us, (gint64)(GST_BUFFER_DURATION (frame->buffer) / GST_USECOND));

  self->patience_us = CLAMP (AWAY_INTERVALS * interval_us, AWAY_MIN_US, AWAY_MAX_US);
  self->arrived_us = frame->arrived_us;
  self->life = frame->life;
}

static void
on_hub_frame (const HubFrame *frame, gpointer user_data)
{
  Fallback *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->audio_only = frame->audio_only;
  if (frame->media != MEDIA_VIDEO)
    return;
  note_interval (self, frame);
  self->arriving = is_showing (self) && !ends_stills (self, frame);
  if (self->arriving)
    return;
  self->shown = GST_CLOCK_TIME_NONE;
  self->since_us = frame->arrived_us;
  if (frame->keyframe) {
    g_clear_pointer (&self->keyframe, frame_free);
    self->keyframe = frame_keep (frame);
  }
}

HubFrame *
fallback_first_still (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const HubFrame *first = picture (self) != NULL ? picture (self) : self->keyframe;

  return is_away (self) && first != NULL ? of_now (self, first) : NULL;
}

gboolean
fallback_is_away (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return is_away (self);
}

/* The still of this moment: (transfer full). NULL when there is none to be shown. */
static HubFrame *
begin_still (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!is_away (self) || picture (self) == NULL)
    return NULL;
  HubFrame *still = of_now (self, picture (self));
  self->shown = GST_BUFFER_PTS (still->buffer);
  return still;
}

static void
tell (Fallback *self, gboolean showing)
{
  if (self->is_showing != showing)
    self->settings.showing (showing, self->settings.user_data);
  self->is_showing = showing;
}

/* What comes again is of the stream's present format if it ever had one. */
static SlateFormat
slate_format (Fallback *self, GstCaps *caps)
{
  SlateFormat format = { .encoding = UNKNOWN_ENCODING, .width = UNKNOWN_WIDTH, .height = UNKNOWN_HEIGHT };
  g_autoptr (GPtrArray) tracks = hub_get_all_tracks (self->hub);
  Encoding encoding;

  for (guint i = tracks->len; i > 0; i--) {
    const Track *track = g_ptr_array_index (tracks, i - 1);
    if (track->media == MEDIA_VIDEO)
      format.encoding = track->encoding;
  }
  if (caps != NULL && encoding_from_caps (caps, &encoding)) {
    format.encoding = encoding.name;
    gst_structure_get (gst_caps_get_structure (caps, 0), "width", G_TYPE_INT, &format.width, "height", G_TYPE_INT,
                       &format.height, NULL);
  }
  return format;
}

static GstCaps *
last_caps (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->keyframe != NULL ? gst_caps_ref (self->keyframe->caps) : NULL;
}

static void
fetch_slate (Fallback *self)
{
  g_autoptr (GstCaps) caps = last_caps (self);
  const SlateFormat format = slate_format (self, caps);
  GstSample *sample = slate_get (self->slates, &format);
  const HubFrame slate = {
    .media = MEDIA_VIDEO,
    .buffer = sample != NULL ? gst_sample_get_buffer (sample) : NULL,
    .caps = sample != NULL ? gst_sample_get_caps (sample) : NULL,
    .keyframe = TRUE,
  };
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_pointer (&self->slate, frame_free);
  self->slate = sample != NULL ? frame_keep (&slate) : NULL;
}

static void
show (Fallback *self)
{
  if (self->slates != NULL)
    fetch_slate (self);
  g_autoptr (HubFrame) still = begin_still (self);
  if (still != NULL)
    viewer_group_show_still (self->settings.group, still);
  tell (self, still != NULL);
}

static guint
ms_until_away (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 left_us = self->since_us + self->patience_us - g_get_monotonic_time ();

  return is_away (self) ? 0 : (guint)(MAX (left_us, 0) / 1000 + 1);
}

static gboolean
pictures_arrive (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->arriving;
}

static void look_in (Fallback *self, guint ms);

static gboolean
on_due (gpointer user_data)
{
  Fallback *self = user_data;
  guint wait_ms = ms_until_away (self);

  self->due = 0;
  if (wait_ms == 0)
    show (self);
  else
    tell (self, FALSE);
  if (pictures_arrive (self))
    hub_request_keyframe (self->hub);
  look_in (self, wait_ms != 0 ? wait_ms : EVERY_MS);
  return G_SOURCE_REMOVE;
}

static void
look_in (Fallback *self, guint ms)
{
  self->due = g_timeout_add (ms, on_due, self);
}

static void
on_slate_made (const GError *error, gpointer user_data)
{
  Fallback *self = user_data;

  if (error == NULL)
    show (self);
  else
    reporter_log (self->settings.context->reporter, "warn", self->settings.id, "There is no slate for the viewers: %s",
                  error->message);
}

static void
end_stills (Fallback *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->shown = GST_CLOCK_TIME_NONE;
  self->arriving = FALSE;
  g_clear_pointer (&self->slate, frame_free);
}

void
fallback_set (Fallback *self, FallbackKind kind, const char *title)
{
  if (kind == self->kind && g_strcmp0 (title, self->title) == 0)
    return;
  g_clear_handle_id (&self->due, g_source_remove);
  g_clear_pointer (&self->slates, slate_free);
  end_stills (self);
  g_free (self->title);
  self->title = g_strdup (title);
  g_mutex_lock (&self->lock);
  self->kind = kind;
  g_mutex_unlock (&self->lock);
  if (kind == FALLBACK_NONE) {
    tell (self, FALSE);
    return;
  }
  if (kind == FALLBACK_SLATE) {
    g_autofree char *text = g_strconcat (title, "\n", NO_SIGNAL, NULL);
    self->slates = slate_new (self->settings.context->pipelines, text, on_slate_made, self);
  }
  look_in (self, ms_until_away (self));
}

Fallback *
fallback_new (const FallbackSettings *settings)
{
  static const HubSinkFuncs funcs = { on_hub_frame, NULL };
  Fallback *self = g_atomic_rc_box_new0 (Fallback);

  g_mutex_init (&self->lock);
  self->settings = *settings;
  self->hub = settings->context->hub;
  self->since_us = g_get_monotonic_time ();
  self->patience_us = AWAY_MIN_US;
  self->shown = GST_CLOCK_TIME_NONE;
  self->sink = hub_attach (self->hub, &funcs, self, HUB_REPLAY_LAST_GOP, NULL);
  return self;
}

void
fallback_stop (Fallback *self)
{
  g_clear_handle_id (&self->due, g_source_remove);
  g_clear_pointer (&self->slates, slate_free);
  hub_detach (self->hub, self->sink);
}

Fallback *
fallback_ref (Fallback *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
fallback_clear (gpointer data)
{
  Fallback *self = data;

  g_clear_pointer (&self->keyframe, frame_free);
  g_clear_pointer (&self->slate, frame_free);
  g_mutex_clear (&self->lock);
  g_free (self->title);
}

void
fallback_unref (Fallback *self)
{
  g_atomic_rc_box_release_full (self, fallback_clear);
}
