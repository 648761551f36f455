/* The suspicion of silence: what raises it, what ends it, and what does not. */
#include "suspicion.h"
#include "../outputs/reports.h"

#define VIDEO 0
#define SOUND 1

typedef struct
{
  Hub *hub;
  Reports *reports;
  Suspicion *suspicion;
} Fixture;

static Fixture *
fixture_new (guint suspect_ms)
{
  const Track tracks[] = {
    { .media = MEDIA_VIDEO, .encoding = g_intern_string ("h264") },
    { .media = MEDIA_AUDIO, .encoding = g_intern_string ("pcma") },
  };
  Fixture *self = g_new0 (Fixture, 1);

  self->hub = hub_new ();
  self->reports = reports_new ();
  self->suspicion = suspicion_new (self->hub, self->reports->reporter);
  hub_begin_life (self->hub, 1, tracks, G_N_ELEMENTS (tracks));
  suspicion_begin (self->suspicion, 1, suspect_ms);
  return self;
}

static void
fixture_free (Fixture *self)
{
  suspicion_free (self->suspicion);
  hub_free (self->hub);
  reports_free (self->reports);
  g_free (self);
}

static void
push (Fixture *self, guint64 life, guint track)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (track == VIDEO ? "video/x-h264" : "audio/x-alaw");
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  hub_push_frame (self->hub, life, track, buffer, caps, HUB_NO_TIME, HUB_NO_TIME);
}

static void
begin_again (Fixture *self)
{
  suspicion_begin (self->suspicion, 1, 30);
}

static gint64
await (Fixture *self, const char *type, guint track)
{
  g_autoptr (JsonNode) report = reports_await (self->reports, type);

  g_assert_cmpint (report_int (report, "life"), ==, 1);
  g_assert_cmpint (report_int (report, "track"), ==, track);
  if (g_str_equal (type, "suspect"))
    g_assert_cmpint (report_int (report, "intervalMs"), >, 0);
  return report_int (report, "silentMs");
}

static void
assert_none_posted (Fixture *self, const char *type)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (reports_count (self->reports, type), ==, 0);
}

static void
test_silence_and_its_end (void)
{
  Fixture *self = fixture_new (30);

  push (self, 1, VIDEO);
  begin_again (self);
  g_assert_cmpint (await (self, "suspect", VIDEO), >=, 30);
  assert_none_posted (self, "suspectCleared");
  push (self, 1, VIDEO);
  g_assert_cmpint (await (self, "suspectCleared", VIDEO), >=, 30);
  await (self, "suspect", VIDEO);
  fixture_free (self);
}

/* Frames that come from another thread end it just as well. */
static gpointer
push_on_thread (gpointer user_data)
{
  push (user_data, 1, VIDEO);
  return NULL;
}

static void
test_frames_of_a_streaming_thread (void)
{
  Fixture *self = fixture_new (30);

  push (self, 1, VIDEO);
  begin_again (self);
  for (int i = 0; i < 3; i++) {
    await (self, "suspect", VIDEO);
    g_autoptr (GThread) thread = g_thread_new ("frames", push_on_thread, self);
    await (self, "suspectCleared", VIDEO);
    g_thread_join (g_steal_pointer (&thread));
  }
  fixture_free (self);
}

/* What still leaves a jitter buffer is no sign of life. */
static void
test_late_frames_do_not_count (void)
{
  Fixture *self = fixture_new (30);

  hub_note_arrival (self->hub, 1, VIDEO);
  push (self, 1, VIDEO);
  begin_again (self);
  await (self, "suspect", VIDEO);
  push (self, 1, VIDEO);
  assert_none_posted (self, "suspectCleared");
  hub_note_arrival (self->hub, 1, VIDEO);
  await (self, "suspectCleared", VIDEO);
  fixture_free (self);
}

static void
test_other_lives_do_not_count (void)
{
  Fixture *self = fixture_new (30);

  push (self, 1, VIDEO);
  begin_again (self);
  await (self, "suspect", VIDEO);
  hub_note_arrival (self->hub, 2, VIDEO);
  push (self, 2, VIDEO);
  assert_none_posted (self, "suspectCleared");
  fixture_free (self);
}

/* Sound may be quiet for a while, and does not hide a dead picture. */
static void
test_sound_is_given_time (void)
{
  Fixture *self = fixture_new (30);

  push (self, 1, VIDEO);
  push (self, 1, SOUND);
  begin_again (self);
  await (self, "suspect", VIDEO);
  g_assert_cmpint (await (self, "suspect", SOUND), >=, 1000);
  fixture_free (self);
}

static gboolean
note_packet (gpointer user_data)
{
  hub_note_arrival (((Fixture *)user_data)->hub, 1, VIDEO);
  return G_SOURCE_CONTINUE;
}

/* Packets come and no frame ever does. */
static void
test_packets_without_frames (void)
{
  Fixture *self = fixture_new (1000);

  push (self, 1, VIDEO);
  note_packet (self);
  suspicion_begin (self->suspicion, 1, 1000);
  guint packets = g_timeout_add (20, note_packet, self);
  g_assert_cmpint (await (self, "suspect", VIDEO), >=, 2000);
  assert_none_posted (self, "suspectCleared");
  push (self, 1, VIDEO);
  await (self, "suspectCleared", VIDEO);
  g_source_remove (packets);
  fixture_free (self);
}

/* By itself: no sooner than 80 ms, and as long as little is known of the source, much later. */
static void
test_auto (void)
{
  Fixture *self = fixture_new (0);

  push (self, 1, VIDEO);
  suspicion_begin (self->suspicion, 1, 0);
  g_assert_cmpint (await (self, "suspect", VIDEO), >=, 1000);
  fixture_free (self);
}

static void
test_not_after_the_end (void)
{
  Fixture *self = fixture_new (30);

  push (self, 1, VIDEO);
  begin_again (self);
  await (self, "suspect", VIDEO);
  suspicion_end (self->suspicion);
  hub_end_life (self->hub, 1, "error");
  push (self, 1, VIDEO);
  assert_none_posted (self, "suspectCleared");
  fixture_free (self);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/suspicion/silence-and-its-end", test_silence_and_its_end);
  g_test_add_func ("/suspicion/frames-of-a-streaming-thread", test_frames_of_a_streaming_thread);
  g_test_add_func ("/suspicion/late-frames-do-not-count", test_late_frames_do_not_count);
  g_test_add_func ("/suspicion/other-lives-do-not-count", test_other_lives_do_not_count);
  g_test_add_func ("/suspicion/sound-is-given-time", test_sound_is_given_time);
  g_test_add_func ("/suspicion/packets-without-frames", test_packets_without_frames);
  g_test_add_func ("/suspicion/auto", test_auto);
  g_test_add_func ("/suspicion/not-after-the-end", test_not_after_the_end);
  return g_test_run ();
}
