/* The muxer of MP4 recordings by itself: what has left it when a push returns, and what it does with what is wrong. */
#include "fragment-muxer.h"
#include "mend.h"
#include "rig.h"

#include <gst/gst.h>
#include <string.h>

#define H264                                                                                                           \
  "video/x-h264,stream-format=avc,alignment=au,width=160,height=120,"                                                  \
  "codec_data=(buffer)0142c00bffe100096742c00bda0282f3ff010004"
#define H264_OF_ANOTHER_SIZE                                                                                           \
  "video/x-h264,stream-format=avc,alignment=au,width=320,height=240,"                                                  \
  "codec_data=(buffer)0142c00bffe100096742c00bda0282f3ff010004"
#define H264_WITHOUT_PARAMETERS "video/x-h264,stream-format=avc,alignment=au,width=160,height=120"
#define AAC "audio/mpeg,mpegversion=4,stream-format=raw,rate=48000,channels=1,codec_data=(buffer)1188"
#define FRAME (40 * GST_MSECOND)
#define SOUND gst_util_uint64_scale (1024, GST_SECOND, 48000)

/* A NAL unit with its length before it. */
static const guint8 payload[] = { 0, 0, 0, 5, 0x65, 0x88, 0x84, 0x10, 0xff };

typedef struct
{
  GstElement *muxer;
  GstBus *bus;
  GstPad *out;
  GByteArray *file;
  guint fragments;
  GstMemory *last; /* that was written; borrowed */
  gboolean ended;
} Fixture;

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Fixture *self = gst_pad_get_element_private (pad);
  gsize size = gst_buffer_get_size (buffer);
  g_autofree guint8 *bytes = g_malloc (size);

  gst_buffer_extract (buffer, 0, bytes, size);
  g_byte_array_append (self->file, bytes, (guint)size);
  self->last = gst_buffer_peek_memory (buffer, 0);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
on_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  ((Fixture *)gst_pad_get_element_private (pad))->fragments++;
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    on_buffer (pad, parent, gst_buffer_ref (gst_buffer_list_get (list, i)));
  gst_buffer_list_unref (list);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Fixture *self = gst_pad_get_element_private (pad);

  self->ended |= GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  gst_event_unref (event);
  return TRUE;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  fragment_muxer_register ();
  self->muxer = gst_object_ref_sink (gst_element_factory_make ("dslrsmp4mux", NULL));
  self->bus = gst_bus_new ();
  gst_element_set_bus (self->muxer, self->bus);
  self->file = g_byte_array_new ();
  self->out = gst_object_ref_sink (gst_pad_new ("out", GST_PAD_SINK));
  gst_pad_set_element_private (self->out, self);
  gst_pad_set_chain_function (self->out, on_buffer);
  gst_pad_set_chain_list_function (self->out, on_list);
  gst_pad_set_event_function (self->out, on_event);
  gst_pad_set_active (self->out, TRUE);
  g_autoptr (GstPad) src = gst_element_get_static_pad (self->muxer, "src");
  g_assert_cmpint (gst_pad_link (src, self->out), ==, GST_PAD_LINK_OK);
  gst_element_set_state (self->muxer, GST_STATE_PLAYING);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  gst_element_set_state (self->muxer, GST_STATE_NULL);
  gst_element_set_bus (self->muxer, NULL);
  gst_object_unref (self->muxer);
  gst_object_unref (self->bus);
  gst_object_unref (self->out);
  g_byte_array_unref (self->file);
}

static void
say_format (GstPad *pad, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

/* A pad that feeds a track. `caps` NULL: it does not say yet what it is. (transfer full) */
static GstPad *
add_track (Fixture *self, const char *template, const char *caps)
{
  g_autoptr (GstPad) sink = gst_element_request_pad_simple (self->muxer, template);
  GstPad *pad = gst_object_ref_sink (gst_pad_new (NULL, GST_PAD_SRC));

  gst_pad_set_active (pad, TRUE);
  g_assert_cmpint (gst_pad_link (pad, sink), ==, GST_PAD_LINK_OK);
  gst_pad_push_event (pad, gst_event_new_stream_start ("a track"));
  if (caps != NULL)
    say_format (pad, caps);
  return pad;
}

static GstBuffer *
frame (GstClockTime time, GstClockTime duration)
{
  GstBuffer *buffer = gst_buffer_new_memdup (payload, sizeof payload);

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = duration;
  return buffer;
}

static void
push (GstPad *pad, GstBuffer *buffer)
{
  g_assert_cmpint (gst_pad_push (pad, buffer), ==, GST_FLOW_OK);
}

static void
push_sound (GstPad *pad, guint n)
{
  for (guint i = 0; i < n; i++)
    push (pad, frame (i * SOUND, SOUND));
}

/* What a killed process leaves of it, and what a closed file is. */
static void
assert_holds (Fixture *self, guint frames, const char *encodings, guint64 duration_ms)
{
  char *directory = rig_directory ();
  g_autofree char *path = g_build_filename (directory, "a.mp4.part", NULL);
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  MendFacts facts;

  g_assert_true (g_file_set_contents (path, (const char *)self->file->data, self->file->len, NULL));
  mend_file (directory, "a.mp4.part", &name, &facts, &error);
  g_assert_no_error (error);
  g_autofree char *found = g_strjoinv (",", (char **)facts.encodings);
  g_assert_cmpstr (found, ==, encodings);
  g_assert_cmpuint (facts.frames, ==, frames);
  g_assert_cmpuint (facts.lost_bytes, ==, 0);
  g_assert_cmpuint (facts.duration_ms, ==, duration_ms);
  rig_remove (directory);
}

static void
test_every_picture_goes_out_at_once (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);
  g_autoptr (GstPad) sound = add_track (self, "audio_%u", AAC);

  push_sound (sound, 2);
  for (guint i = 0; i < 50; i++) {
    g_autoptr (GstBuffer) buffer = frame (i * FRAME, FRAME);

    push (video, gst_buffer_ref (buffer));
    g_assert_cmpuint (self->fragments, ==, i + 1);
    g_assert_true (self->last == gst_buffer_peek_memory (buffer, 0));
    if (i == 20)
      assert_holds (self, 21, "h264,aac", 21 * 40);
  }
  push (sound, frame (50 * FRAME, SOUND));
  gst_pad_push_event (video, gst_event_new_eos ());
  g_assert_false (self->ended);
  gst_pad_push_event (sound, gst_event_new_eos ());
  g_assert_true (self->ended);
  assert_holds (self, 50, "h264,aac", 50 * 40 + 21);
}

static void
test_sound_waits_for_a_tenth_of_a_second (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) sound = add_track (self, "audio_%u", AAC);

  push_sound (sound, 4);
  g_assert_cmpuint (self->fragments, ==, 0);
  push (sound, frame (4 * SOUND, SOUND));
  g_assert_cmpuint (self->fragments, ==, 1);
  push (sound, frame (5 * SOUND, SOUND));
  g_assert_cmpuint (self->fragments, ==, 1);
  gst_pad_push_event (sound, gst_event_new_eos ());
  assert_holds (self, 6, "aac", 128);
}

/* Its moment is kept: nothing of it is moved to where the file begins, or to where it stopped. */
static void
test_sound_may_come_late_and_stop_and_come_back (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);
  g_autoptr (GstPad) sound = add_track (self, "audio_%u", AAC);

  push (video, frame (0, FRAME));
  push (sound, frame (3 * GST_SECOND, SOUND));
  push (video, frame (FRAME, FRAME));
  assert_holds (self, 2, "h264,aac", 3021);
  push (sound, frame (9 * GST_SECOND, SOUND));
  push (video, frame (2 * FRAME, FRAME));
  g_assert_cmpuint (self->fragments, ==, 3);
  assert_holds (self, 3, "h264,aac", 9021);
}

static gpointer
push_a_picture (gpointer pad)
{
  return GINT_TO_POINTER (gst_pad_push (pad, frame (0, FRAME)));
}

static void
test_the_head_has_the_formats_of_all (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);
  g_autoptr (GstPad) sound = add_track (self, "audio_%u", NULL);
  GThread *thread = g_thread_new ("video", push_a_picture, video);

  say_format (sound, AAC);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  push_sound (sound, 5);
  assert_holds (self, 1, "h264,aac", 107);
}

static void
test_a_track_that_ends_first_is_left_out (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);
  g_autoptr (GstPad) sound = add_track (self, "audio_%u", NULL);

  gst_pad_push_event (sound, gst_event_new_eos ());
  push (video, frame (0, FRAME));
  assert_holds (self, 1, "h264", 40);
}

static void
test_who_waits_can_be_stopped (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);
  g_autoptr (GstPad) sound = add_track (self, "audio_%u", NULL);
  GThread *thread = g_thread_new ("video", push_a_picture, video);

  gst_element_set_state (self->muxer, GST_STATE_NULL);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_FLUSHING);
  g_assert_cmpuint (self->file->len, ==, 0);
}

static void
test_nothing_makes_no_file (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);
  GstBuffer *empty = gst_buffer_new ();

  GST_BUFFER_PTS (empty) = 0;
  push (video, empty);
  gst_pad_push_event (video, gst_event_new_eos ());
  g_assert_true (self->ended);
  g_assert_cmpuint (self->file->len, ==, 0);
}

static void
test_times_that_are_not_said_are_found (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);

  for (guint i = 0; i < 25; i++) {
    GstBuffer *buffer = frame (i * FRAME, GST_CLOCK_TIME_NONE);
    GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
    push (video, buffer);
  }
  assert_holds (self, 25, "h264", 1000);
}

/* In the clock of its pictures 32 bits last for 13 hours. */
static void
test_a_day_is_not_too_long (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);

  for (guint hour = 0; hour <= 24; hour++)
    push (video, frame (hour * 3600 * GST_SECOND, FRAME));
  assert_holds (self, 25, "h264", 24 * 3600 * 1000 + 40);
}

static void
assert_says (Fixture *self, const char *what)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, what));
}

static void
test_what_cannot_be_written_is_said (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", NULL);

  say_format (video, H264_WITHOUT_PARAMETERS);
  assert_says (self, "a decoder");
  g_assert_cmpint (gst_pad_push (video, frame (0, FRAME)), <, GST_FLOW_OK);
}

static void
test_another_format_is_said (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);

  push (video, frame (0, FRAME));
  say_format (video, H264);
  say_format (video, H264_OF_ANOTHER_SIZE);
  assert_says (self, "format");
  g_assert_cmpint (gst_pad_push (video, frame (FRAME, FRAME)), <, GST_FLOW_OK);
  assert_holds (self, 1, "h264", 40);
}

static void
test_a_frame_without_a_time_is_said (Fixture *self, gconstpointer data)
{
  g_autoptr (GstPad) video = add_track (self, "video_%u", H264);

  g_assert_cmpint (gst_pad_push (video, frame (GST_CLOCK_TIME_NONE, FRAME)), ==, GST_FLOW_ERROR);
  assert_says (self, "no time");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/fragment-muxer/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("every-picture-goes-out-at-once", test_every_picture_goes_out_at_once);
  ADD ("sound-waits-for-a-tenth-of-a-second", test_sound_waits_for_a_tenth_of_a_second);
  ADD ("sound-may-come-late-and-stop-and-come-back", test_sound_may_come_late_and_stop_and_come_back);
  ADD ("the-head-has-the-formats-of-all", test_the_head_has_the_formats_of_all);
  ADD ("a-track-that-ends-first-is-left-out", test_a_track_that_ends_first_is_left_out);
  ADD ("who-waits-can-be-stopped", test_who_waits_can_be_stopped);
  ADD ("nothing-makes-no-file", test_nothing_makes_no_file);
  ADD ("times-that-are-not-said-are-found", test_times_that_are_not_said_are_found);
  ADD ("a-day-is-not-too-long", test_a_day_is_not_too_long);
  ADD ("what-cannot-be-written-is-said", test_what_cannot_be_written_is_said);
  ADD ("another-format-is-said", test_another_format_is_said);
  ADD ("a-frame-without-a-time-is-said", test_a_frame_without_a_time_is_said);
#undef ADD
  return g_test_run ();
}
