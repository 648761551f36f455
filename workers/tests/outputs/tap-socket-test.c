/* The tap's socket: readers that misbehave, and its path. It is read byte by byte. */
#include "gdp.h"
#include "rig.h"
#include "tapping.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG_FRAME (1024 * 1024)
#define BIG_GOP 10
#define BIG_FRAMES 60
#define MAX_READERS 16

/* ---- readers that misbehave ---- */

static void
push_big_frame (Tapping *self, guint number)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-h264", "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, BIG_FRAME, NULL);
  gint64 time = (gint64)number * (gint64)CLIP_FRAME_TIME;

  gst_buffer_memset (buffer, 0, (guint8)number, BIG_FRAME);
  if (number % BIG_GOP != 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  hub_push_frame (self->hub, 1, 0, buffer, caps, time, time);
}

/* The number in the next frame that comes. */
static guint
receive_big_frame (int fd)
{
  GdpHeader header;

  do {
    g_autofree char *bytes = rig_receive (fd, GDP_HEADER_SIZE);
    g_assert_true (gdp_read_header ((const guint8 *)bytes, &header));
    g_autofree char *payload = rig_receive (fd, header.size);
    if (header.type == GDP_BUFFER)
      return (guint8)payload[header.size - 1];
  } while (TRUE);
}

static void
test_a_stopped_reader_harms_nobody (Tapping *self, gconstpointer data)
{
  guint last = 0;

  clip_begin_without_sound (self->clip, self->hub, 1);
  int stopped = tapping_connect (self);
  int other = tapping_connect (self);
  for (guint i = 0; i < BIG_FRAMES; i++) {
    push_big_frame (self, i);
    g_assert_cmpuint (receive_big_frame (other), ==, i);
  }
  gint64 dropped = tapping_stat (self, "framesDropped");
  g_assert_cmpint (dropped, >, 0);

  /* When it goes on it gets what waited, and the next keyframe after what was dropped. */
  for (guint i = 0; i < BIG_FRAMES - dropped; i++)
    last = receive_big_frame (stopped);
  g_assert_cmpuint (last, ==, BIG_FRAMES - dropped - 1);
  for (guint i = BIG_FRAMES + 1; i <= BIG_FRAMES + BIG_GOP + 1; i++)
    push_big_frame (self, i);
  g_assert_cmpuint (receive_big_frame (stopped), ==, BIG_FRAMES + BIG_GOP);
  close (stopped);
  close (other);
  reports_run_until (tapping_has_no_readers, self);
}

static void
test_a_dead_reader_is_forgotten (Tapping *self, gconstpointer data)
{
  guint descriptors = rig_count_descriptors ();

  clip_begin_without_sound (self->clip, self->hub, 1);
  for (guint i = 0; i < 3; i++) {
    int fd = tapping_connect (self);
    for (guint frame = 0; frame <= i; frame++)
      push_big_frame (self, frame);
    close (fd);
    reports_run_until (tapping_has_no_readers, self);
  }
  g_assert_cmpuint (rig_count_descriptors (), ==, descriptors);
}

static void
test_there_is_a_limit_of_readers (Tapping *self, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  int readers[MAX_READERS];

  for (guint i = 0; i < MAX_READERS; i++)
    readers[i] = tapping_connect (self);
  int one_more = rig_connect_unix (folder, "cam");
  char byte;
  while (recv (one_more, &byte, 1, MSG_DONTWAIT) != 0)
    g_main_context_iteration (NULL, TRUE);
  close (one_more);
  for (guint i = 0; i < MAX_READERS; i++)
    close (readers[i]);
  reports_run_until (tapping_has_no_readers, self);
  close (tapping_connect (self));
}

/* ---- the path ---- */

static void
test_takes_the_place_of_a_dead_one (Tapping *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->directory, "taps", "cam", NULL);
  g_autofree char *kept = g_build_filename (self->directory, "kept", NULL);
  struct stat found;

  g_assert_cmpint (stat (path, &found), ==, 0);
  g_assert_cmpuint (found.st_mode & 0777, ==, 0660);
  /* What a killed worker leaves behind. */
  g_assert_cmpint (link (path, kept), ==, 0);
  self->tap->funcs->free (self->tap);
  g_assert_cmpint (stat (path, &found), ==, -1);
  g_assert_cmpint (rename (kept, path), ==, 0);
  tapping_add_tap (self);
  close (tapping_connect (self));
}

static void
test_leaves_what_is_not_its_own (Tapping *self, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->directory, "taps", NULL);
  g_autofree char *path = g_build_filename (folder, "cam", NULL);

  g_assert_cmpint (mkdir (folder, 0700), ==, 0);
  rig_write (folder, "cam", "precious");
  tapping_add_tap (self);
  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDown");
  JsonObject *failure = json_object_get_object_member (json_node_get_object (down), "failure");
  g_assert_cmpstr (json_object_get_string_member (failure, "reason"), ==, "tap");
  g_assert_nonnull (strstr (json_object_get_string_member (failure, "message"), path));
  g_autofree char *text = rig_read (folder, "cam");
  g_assert_cmpstr (text, ==, "precious");

  unlink (path);
  g_autoptr (JsonNode) up = reports_await (self->reports, "outputUp");
  close (tapping_connect (self));
}

static void
test_two_taps_do_not_share_a_path (Tapping *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = tapping_settings (self, NULL);
  Output *second = tap_new (&self->context, json_node_get_object (node), NULL);

  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDown");
  /* The second looked whether anybody listens. */
  reports_run_until (tapping_has_no_readers, self);
  close (tapping_connect (self));
  second->funcs->free (second);
  reports_run_until (tapping_has_no_readers, self);
  close (tapping_connect (self));
}

static void
test_an_unknown_group_is_said (Tapping *self, gconstpointer data)
{
  g_autoptr (JsonNode) node = tapping_settings (self, "no-such-group");

  g_assert_true (self->tap->funcs->change (self->tap, json_node_get_object (node), NULL));
  g_autoptr (JsonNode) down = reports_await (self->reports, "outputDown");
  JsonObject *failure = json_object_get_object_member (json_node_get_object (down), "failure");
  g_assert_nonnull (strstr (json_object_get_string_member (failure, "message"), "no-such-group"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/tap-socket/" path, Tapping, NULL, tapping_set_up, function, tapping_tear_down)
  ADD ("a-stopped-reader-harms-nobody", test_a_stopped_reader_harms_nobody);
  ADD ("a-dead-reader-is-forgotten", test_a_dead_reader_is_forgotten);
  ADD ("there-is-a-limit-of-readers", test_there_is_a_limit_of_readers);
  ADD ("takes-the-place-of-a-dead-one", test_takes_the_place_of_a_dead_one);
  g_test_add ("/tap-socket/leaves-what-is-not-its-own", Tapping, "without a tap", tapping_set_up,
              test_leaves_what_is_not_its_own, tapping_tear_down);
  ADD ("two-taps-do-not-share-a-path", test_two_taps_do_not_share_a_path);
  ADD ("an-unknown-group-is-said", test_an_unknown_group_is_said);
#undef ADD
  return g_test_run ();
}
