/* The source over its lives: how one takes the place of another, how each kind of silence at the start is named, and
 * that what hangs in an ended one does not matter. */
#include "source.h"
#include "../outputs/reports.h"
#include "hang.h"
#include "rig.h"

#include <arpa/inet.h>
#include <unistd.h>

#define PATTERN                                                                                                        \
  "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1 ! x264enc tune=zerolatency "            \
  "speed-preset=ultrafast key-int-max=10 ! h264parse"
#define NOTHING PATTERN " ! valve drop=true"
#define HANGS PATTERN " hang"

typedef struct
{
  Hub *hub;
  Reports *reports;
  Source *source;
  guint sink;
  /* Seen by an output. */
  gint frames[8]; /* of each life; atomic */
  gint downs;
  guint64 life;
  GstClockTime dts;
} Fixture;

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_cmpuint (frame->life, >=, self->life);
  if (frame->life != self->life)
    g_assert_true (frame->keyframe);
  g_assert_cmpuint (GST_BUFFER_DTS (frame->buffer), >, self->dts);
  self->life = frame->life;
  self->dts = GST_BUFFER_DTS (frame->buffer);
  g_atomic_int_inc (&self->frames[frame->life]);
}

static void
on_down (const char *reason, gpointer user_data)
{
  g_atomic_int_inc (&((Fixture *)user_data)->downs);
}

static Fixture *
fixture_new (gboolean attended)
{
  static const HubSinkFuncs funcs = { .frame = on_frame, .ingest_down = on_down };
  Fixture *self = g_new0 (Fixture, 1);

  self->hub = hub_new ();
  self->reports = reports_new ();
  self->source = source_new (self->hub, self->reports->reporter, g_getenv ("DSLRS_TEST_PIPELINES"));
  source_set_attended (self->source, attended);
  self->sink = hub_attach (self->hub, &funcs, self, HUB_LIVE_ONLY, NULL);
  return self;
}

static void
fixture_free (Fixture *self)
{
  hub_detach (self->hub, self->sink);
  while (!source_free (self->source))
    continue;
  hub_free (self->hub);
  reports_free (self->reports);
  g_free (self);
}

static void
order (Fixture *self, gint64 life, const char *source, const char *more)
{
  g_autofree char *text = g_strdup_printf ("{\"life\":%" G_GINT64_FORMAT ",\"source\":%s%s}", life, source, more);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (GError) error = NULL;

  source_start (self->source, json_node_get_object (node), &error);
  g_assert_no_error (error);
}

static void
start (Fixture *self, gint64 life, const char *pipeline, const char *more)
{
  g_autofree char *source = g_strdup_printf ("{\"kind\":\"pipeline\",\"pipeline\":\"%s\"}", pipeline);

  order (self, life, source, more);
}

static void
await_up (Fixture *self, gint64 life)
{
  g_autoptr (JsonNode) up = reports_await (self->reports, "ingestUp");

  g_assert_cmpint (report_int (up, "life"), ==, life);
}

static void
await_down (Fixture *self, gint64 life, const char *reason)
{
  g_autoptr (JsonNode) down = reports_await (self->reports, "ingestDown");
  JsonObject *failure = json_object_get_object_member (json_node_get_object (down), "failure");

  g_assert_cmpint (report_int (down, "life"), ==, life);
  g_assert_cmpstr (json_object_get_string_member (failure, "reason"), ==, reason);
}

typedef struct
{
  Fixture *fixture;
  guint64 life;
  gint more_than;
} Frames;

static gboolean
has_more_frames (gpointer user_data)
{
  Frames *frames = user_data;

  return g_atomic_int_get (&frames->fixture->frames[frames->life]) > frames->more_than;
}

static void
await_frames (Fixture *self, guint64 life)
{
  Frames frames = { self, life, g_atomic_int_get (&self->frames[life]) };

  reports_run_until (has_more_frames, &frames);
}

static void
test_replaced_at_a_keyframe (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, PATTERN, "");
  await_up (self, 1);
  start (self, 2, PATTERN, ",\"replace\":\"atKeyframe\"");
  await_down (self, 1, "stopped");
  g_assert_cmpint (g_atomic_int_get (&self->frames[2]), >, 0);
  await_up (self, 2);
  await_frames (self, 2);
  g_assert_cmpint (g_atomic_int_get (&self->downs), ==, 0);
  fixture_free (self);
}

static void
test_replaced_at_once (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, PATTERN, "");
  await_up (self, 1);
  start (self, 2, PATTERN, ",\"replace\":\"now\"");
  g_assert_cmpint (g_atomic_int_get (&self->downs), ==, 1);
  await_down (self, 1, "stopped");
  await_up (self, 2);
  fixture_free (self);
}

/* The former picture goes on until the new source has failed, and ends with it. */
static void
test_replacement_fails (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, PATTERN, "");
  await_up (self, 1);
  start (self, 2, NOTHING, ",\"replace\":\"atKeyframe\",\"firstFrameMs\":500");
  await_frames (self, 1);
  g_assert_cmpint (g_atomic_int_get (&self->downs), ==, 0);
  await_down (self, 1, "stopped");
  await_down (self, 2, "firstFrameTimeout");
  g_assert_cmpint (g_atomic_int_get (&self->downs), ==, 1);
  fixture_free (self);
}

static void
test_the_newest_replacement_wins (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, PATTERN, "");
  await_up (self, 1);
  start (self, 2, NOTHING, ",\"replace\":\"atKeyframe\"");
  start (self, 3, PATTERN, ",\"replace\":\"atKeyframe\"");
  await_down (self, 2, "stopped");
  await_down (self, 1, "stopped");
  await_up (self, 3);
  g_assert_cmpint (g_atomic_int_get (&self->frames[2]), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&self->downs), ==, 0);
  fixture_free (self);
}

static void
test_stop_ends_both (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, PATTERN, "");
  await_up (self, 1);
  start (self, 2, NOTHING, ",\"replace\":\"atKeyframe\"");
  source_stop (self->source);
  await_down (self, 1, "stopped");
  await_down (self, 2, "stopped");
  fixture_free (self);
}

/* The present one fails while its replacement is on its way: nothing but the picture is lost. */
static void
test_the_present_one_ends_first (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, "videotestsrc num-buffers=30 is-live=true ! x264enc tune=zerolatency key-int-max=5 ! h264parse", "");
  await_up (self, 1);
  start (self, 2, NOTHING, ",\"replace\":\"atKeyframe\"");
  await_down (self, 1, "endOfStream");
  start (self, 3, PATTERN, ",\"replace\":\"atKeyframe\"");
  await_down (self, 2, "stopped");
  await_up (self, 3);
  fixture_free (self);
}

static void
test_no_frame (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, NOTHING, ",\"firstFrameMs\":100");
  await_down (self, 1, "firstFrameTimeout");
  fixture_free (self);
}

static void
test_no_keyframe (void)
{
  Fixture *self = fixture_new (TRUE);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-h264");
  g_autoptr (GstBuffer) frame = gst_buffer_new ();

  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DELTA_UNIT);
  start (self, 1, NOTHING, ",\"firstFrameMs\":100");
  self->life = 1;
  hub_push_frame (self->hub, 1, 0, frame, caps, 0, HUB_NO_TIME);
  await_down (self, 1, "noKeyframe");
  fixture_free (self);
}

static void
push_picture (Fixture *self, gboolean keyframe)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-h264");
  g_autoptr (GstBuffer) frame = gst_buffer_new ();

  if (!keyframe)
    GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DELTA_UNIT);
  hub_push_frame (self->hub, 1, 0, frame, caps, HUB_NO_TIME, HUB_NO_TIME);
}

static gboolean
push_delta (gpointer user_data)
{
  push_picture (user_data, FALSE);
  return G_SOURCE_CONTINUE;
}

static void
test_keyframes_cease (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, NOTHING, ",\"firstFrameMs\":100");
  push_picture (self, TRUE);
  await_up (self, 1);
  push_picture (self, TRUE);
  guint feed = g_timeout_add (10, push_delta, self);
  await_down (self, 1, "noKeyframe");
  g_source_remove (feed);
  fixture_free (self);
}

/* The kernel takes the connection, and nobody answers. */
static void
test_no_answer (void)
{
  Fixture *self = fixture_new (TRUE);
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  g_assert_cmpint (bind (listener, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (listen (listener, 4), ==, 0);
  getsockname (listener, (struct sockaddr *)&address, &length);
  g_autofree char *source
      = g_strdup_printf ("{\"kind\":\"rtsp\",\"uri\":\"rtsp://127.0.0.1:%u/x\"}", ntohs (address.sin_port));
  order (self, 1, source, ",\"connectMs\":100");
  await_down (self, 1, "connectTimeout");
  fixture_free (self);
  close (listener);
}

/* Without a supervisor the last order is repeated, with the next life. */
static void
test_retries_alone (void)
{
  Fixture *self = fixture_new (FALSE);

  start (self, 1, NOTHING, ",\"firstFrameMs\":50,\"retryMs\":20");
  await_down (self, 1, "firstFrameTimeout");
  await_down (self, 2, "firstFrameTimeout");
  fixture_free (self);
}

/* With one, it decides. */
static void
test_does_not_retry_when_attended (void)
{
  Fixture *self = fixture_new (TRUE);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  start (self, 1, NOTHING, ",\"firstFrameMs\":50,\"retryMs\":0");
  await_down (self, 1, "firstFrameTimeout");
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  json_builder_begin_object (builder);
  source_add_stats (self->source, builder);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) stats = json_builder_get_root (builder);
  JsonObject *ingest = json_object_get_object_member (json_node_get_object (stats), "ingest");
  g_assert_cmpint (json_object_get_int_member (ingest, "life"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (ingest, "state"), ==, "down");
  fixture_free (self);
}

/* An element that does not stop holds up neither the next source nor, for long, the end of the process. */
static void
test_what_hangs_is_left_behind (void)
{
  Fixture *self = fixture_new (TRUE);

  start (self, 1, HANGS, "");
  await_up (self, 1);
  start (self, 2, PATTERN, "");
  await_down (self, 1, "stopped");
  await_up (self, 2);
  g_assert_false (source_free (self->source));
  hang_let_all_go ();
  fixture_free (self);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  hang_register ();
  g_test_add_func ("/source/replaced-at-a-keyframe", test_replaced_at_a_keyframe);
  g_test_add_func ("/source/replaced-at-once", test_replaced_at_once);
  g_test_add_func ("/source/replacement-fails", test_replacement_fails);
  g_test_add_func ("/source/the-newest-replacement-wins", test_the_newest_replacement_wins);
  g_test_add_func ("/source/stop-ends-both", test_stop_ends_both);
  g_test_add_func ("/source/the-present-one-ends-first", test_the_present_one_ends_first);
  g_test_add_func ("/source/no-frame", test_no_frame);
  g_test_add_func ("/source/no-keyframe", test_no_keyframe);
  g_test_add_func ("/source/keyframes-cease", test_keyframes_cease);
  g_test_add_func ("/source/no-answer", test_no_answer);
  g_test_add_func ("/source/retries-alone", test_retries_alone);
  g_test_add_func ("/source/does-not-retry-when-attended", test_does_not_retry_when_attended);
  g_test_add_func ("/source/what-hangs-is-left-behind", test_what_hangs_is_left_behind);
  return g_test_run ();
}
