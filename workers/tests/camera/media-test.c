/* The media of a camera that misbehaves, as RTP over TCP. */
#include "camera-rig.h"
#include "rtsp.h"

#include "rig.h"

#include <string.h>

#define VIDEO 0
#define AUDIO 2
#define CLOCK_RATE 90000

#define NAL_SLICE_OF_KEYFRAME 5
#define NAL_SPS 7
#define NAL_STAP_A 24
#define NAL_FU_A 28

#define RTP_HEADER 12

/* Whether a packet of H.264 has a NAL unit of that type in it, or a part of one (RFC 6184). */
static gboolean
holds (const Packet *packet, guint8 type)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (packet->bytes, &length);
  guint8 packet_type = bytes[RTP_HEADER] & 31;
  if (packet_type == NAL_FU_A)
    return (bytes[RTP_HEADER + 1] & 31) == type;
  if (packet_type != NAL_STAP_A)
    return packet_type == type;
  for (gsize at = RTP_HEADER + 1; at + 2 < length; at += 2 + (bytes[at] << 8 | bytes[at + 1]))
    if ((bytes[at + 2] & 31) == type)
      return TRUE;
  return FALSE;
}

static void
next_keyframe (Rtsp *client, Packet *packet)
{
  do
    g_assert_true (rtsp_next (client, VIDEO, packet));
  while (!holds (packet, NAL_SPS));
}

static void
test_freeze (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) before = { 0 }, after = { 0 };
  Rtsp playing, fresh;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  rtsp_take (&playing, VIDEO, 10);
  camera_order (rig, "{\"type\":\"freeze\",\"mount\":\"/other\"}");
  g_assert_true (rtsp_is_silent (&playing, 200));
  g_assert_cmpint (rtsp_status (&playing, "GET_PARAMETER", NULL), ==, 200);
  rtsp_open_and_play (&fresh, rig->port, "/other", 1);
  g_assert_true (rtsp_is_silent (&fresh, 200));
  camera_order (rig, "{\"type\":\"thaw\",\"mount\":\"/other\"}");
  g_assert_true (rtsp_next (&playing, VIDEO, &before));
  g_assert_true (holds (&before, NAL_SPS));
  g_assert_true (rtsp_next (&playing, VIDEO, &after));
  g_assert_cmpint (after.sequence, ==, (guint16)(before.sequence + 1));
  g_assert_true (rtsp_next (&fresh, VIDEO, &after));
  g_assert_true (holds (&after, NAL_SPS));
  rtsp_close (&playing);
  rtsp_close (&fresh);
}

static void
test_audio_only (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) packet = { 0 };
  Rtsp fresh;
  camera_order (rig, "{\"type\":\"audioOnly\",\"mount\":\"/av\"}");
  rtsp_open_and_play (&fresh, rig->port, "/av", 2);
  rtsp_take (&fresh, AUDIO, 20);
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/av\"}");
  g_assert_true (rtsp_next (&fresh, VIDEO, &packet));
  g_assert_true (holds (&packet, NAL_SPS));
  rtsp_close (&fresh);
}

static void
test_no_keyframes (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) packet = { 0 };
  Rtsp fresh;
  camera_order (rig, "{\"type\":\"noKeyframes\",\"mount\":\"/other\"}");
  rtsp_open_and_play (&fresh, rig->port, "/other", 1);
  guint16 sequence = 0;
  for (guint i = 0; i < 60; i++) {
    g_assert_true (rtsp_next (&fresh, VIDEO, &packet));
    g_assert_false (holds (&packet, NAL_SPS) || holds (&packet, NAL_SLICE_OF_KEYFRAME));
    if (i > 0)
      g_assert_cmpint (packet.sequence, ==, (guint16)(sequence + 1));
    sequence = packet.sequence;
  }
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/other\"}");
  next_keyframe (&fresh, &packet);
  rtsp_close (&fresh);
}

/* The step from one time to the next that is none of the frame rate, in seconds. `packet`: the last one from before. */
static int
await_jump (Rtsp *client, Packet *packet)
{
  for (;;) {
    guint32 before = packet->time;
    g_assert_true (rtsp_next (client, VIDEO, packet));
    gint32 step = (gint32)(packet->time - before);
    if (step < 0 || step > CLOCK_RATE)
      return (step + (step < 0 ? -1 : 1) * CLOCK_RATE / 2) / CLOCK_RATE;
  }
}

static void
test_jump (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) packet = { 0 };
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  g_assert_true (rtsp_next (&playing, VIDEO, &packet));
  camera_order (rig, "{\"type\":\"jump\",\"mount\":\"/other\",\"seconds\":3600}");
  g_assert_cmpint (await_jump (&playing, &packet), ==, 3600);
  camera_order (rig, "{\"type\":\"jump\",\"mount\":\"/other\",\"seconds\":-3600}");
  g_assert_cmpint (await_jump (&playing, &packet), ==, -3600);
  rtsp_close (&playing);
}

static void
test_stand_still (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) first = { 0 }, next = { 0 };
  Rtsp fresh;
  camera_order (rig, "{\"type\":\"standStill\",\"mount\":\"/other\"}");
  rtsp_open_and_play (&fresh, rig->port, "/other", 1);
  g_assert_true (rtsp_next (&fresh, VIDEO, &first));
  for (guint i = 0; i < 30; i++) {
    g_assert_true (rtsp_next (&fresh, VIDEO, &next));
    g_assert_cmpuint (next.time, ==, first.time);
  }
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/other\"}");
  do
    g_assert_true (rtsp_next (&fresh, VIDEO, &next));
  while (next.time == first.time);
  rtsp_close (&fresh);
}

/* Among the bits that are hit is one that is never set. */
static void
test_corrupt (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) packet = { 0 };
  Rtsp fresh;
  guint forbidden = 0;
  camera_order (rig, "{\"type\":\"corrupt\",\"mount\":\"/other\",\"rate\":1}");
  rtsp_open_and_play (&fresh, rig->port, "/other", 1);
  for (guint i = 0; i < 200; i++) {
    g_assert_true (rtsp_next (&fresh, VIDEO, &packet));
    const guint8 *bytes = g_bytes_get_data (packet.bytes, NULL);
    g_assert_cmpint (bytes[0], ==, 0x80);
    forbidden += bytes[RTP_HEADER] >> 7;
  }
  g_assert_cmpint (forbidden, >, 0);
  rtsp_close (&fresh);
}

/* The next sequence parameter set, which has the size in it. (transfer full) */
static GBytes *
parameter_set_of (Rtsp *client)
{
  g_auto (Packet) packet = { 0 };
  next_keyframe (client, &packet);
  const guint8 *bytes = g_bytes_get_data (packet.bytes, NULL);
  g_assert_cmpint (bytes[RTP_HEADER] & 31, ==, NAL_STAP_A);
  gsize at = RTP_HEADER + 1;
  while ((bytes[at + 2] & 31) != NAL_SPS)
    at += 2 + (bytes[at] << 8 | bytes[at + 1]);
  return g_bytes_new_from_bytes (packet.bytes, at + 2, bytes[at] << 8 | bytes[at + 1]);
}

static void
test_size (CameraRig *rig, gconstpointer data)
{
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  g_autoptr (GBytes) before = parameter_set_of (&playing);
  camera_order (rig, "{\"type\":\"format\",\"mount\":\"/other\",\"width\":640,\"height\":480}");
  for (gboolean changed = FALSE; !changed;) {
    g_autoptr (GBytes) after = parameter_set_of (&playing);
    changed = !g_bytes_equal (before, after);
  }
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/other\"}");
  for (gboolean restored = FALSE; !restored;) {
    g_autoptr (GBytes) after = parameter_set_of (&playing);
    restored = g_bytes_equal (before, after);
  }
  rtsp_close (&playing);
}

static void
assert_encoding (CameraRig *rig, const char *mapping)
{
  Rtsp client;
  rtsp_open (&client, rig->port, "/av");
  g_autofree char *description = rtsp_ask (&client, "DESCRIBE", NULL);
  g_assert_nonnull (strstr (description, mapping));
  rtsp_close (&client);
}

static void
test_encoding (CameraRig *rig, gconstpointer data)
{
  Rtsp playing, fresh;
  rtsp_open_and_play (&playing, rig->port, "/av", 2);
  camera_order (rig, "{\"type\":\"format\",\"mount\":\"/av\",\"encoding\":\"jpeg\"}");
  g_assert_false (rtsp_ends_with_reset (&playing));
  rtsp_close (&playing);
  assert_encoding (rig, "a=rtpmap:26 JPEG/90000");
  rtsp_open_and_play (&fresh, rig->port, "/av", 2);
  rtsp_take (&fresh, VIDEO, 20);
  rtsp_take (&fresh, AUDIO, 20);
  camera_order (rig, "{\"type\":\"behave\"}");
  g_assert_false (rtsp_ends_with_reset (&fresh));
  rtsp_close (&fresh);
  assert_encoding (rig, "a=rtpmap:96 H264/90000");
}

#define ADD(name, test) g_test_add ("/camera/" name, CameraRig, NULL, camera_set_up, test, camera_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("freeze", test_freeze);
  ADD ("audio-only", test_audio_only);
  ADD ("no-keyframes", test_no_keyframes);
  ADD ("jump", test_jump);
  ADD ("stand-still", test_stand_still);
  ADD ("corrupt", test_corrupt);
  ADD ("size", test_size);
  ADD ("encoding", test_encoding);
  return g_test_run ();
}
