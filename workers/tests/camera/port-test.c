/* The port and the connections of a camera that misbehaves. */
#include "camera-rig.h"
#include "rtsp.h"

#include "rig.h"

#include <unistd.h>

#define RTCP_BYE 203

static void
test_close_and_open (CameraRig *rig, gconstpointer data)
{
  Rtsp playing, later;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"close\"}");
  g_assert_cmpint (rig_connect (rig->port), ==, -1);
  rtsp_take (&playing, 0, 30);
  camera_order (rig, "{\"type\":\"open\"}");
  rtsp_open_and_play (&later, rig->port, "/other", 1);
  rtsp_close (&later);
  rtsp_close (&playing);
}

static void
test_close_and_drop (CameraRig *rig, gconstpointer data)
{
  Rtsp playing, later;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"close\",\"dropClients\":true}");
  g_assert_true (rtsp_ends_with_reset (&playing));
  g_assert_cmpint (rig_connect (rig->port), ==, -1);
  camera_order (rig, "{\"type\":\"behave\"}");
  rtsp_open_and_play (&later, rig->port, "/other", 1);
  rtsp_close (&later);
  rtsp_close (&playing);
}

static void
test_drop_clients (CameraRig *rig, gconstpointer data)
{
  Rtsp dropped, spared;
  rtsp_open_and_play (&dropped, rig->port, "/av", 2);
  rtsp_open_and_play (&spared, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"dropClients\",\"mount\":\"/av\"}");
  g_assert_true (rtsp_ends_with_reset (&dropped));
  rtsp_take (&spared, 0, 30);
  rtsp_close (&dropped);
  rtsp_close (&spared);
}

static void
test_mute_mount (CameraRig *rig, gconstpointer data)
{
  Rtsp playing, fresh, spared;
  rtsp_open_and_play (&playing, rig->port, "/av", 2);
  rtsp_open_and_play (&spared, rig->port, "/other", 1);
  rtsp_take (&playing, 0, 5);
  camera_order (rig, "{\"type\":\"mute\",\"mount\":\"/av\"}");
  g_assert_true (rtsp_is_silent (&playing, 300));
  rtsp_send (&playing, "GET_PARAMETER", NULL);
  rtsp_open (&fresh, rig->port, "/av");
  rtsp_send (&fresh, "OPTIONS", NULL);
  g_assert_true (rtsp_is_silent (&fresh, 300));
  g_assert_true (rtsp_is_silent (&playing, 300));
  rtsp_take (&spared, 0, 30);
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/av\"}");
  g_free (rtsp_receive (&playing));
  g_free (rtsp_receive (&fresh));
  rtsp_take (&playing, 0, 30);
  rtsp_close (&playing);
  rtsp_close (&fresh);
  rtsp_close (&spared);
}

static void
test_mute_camera (CameraRig *rig, gconstpointer data)
{
  Rtsp playing, fresh;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"mute\"}");
  rtsp_open (&fresh, rig->port, "/av");
  rtsp_send (&fresh, "OPTIONS", NULL);
  g_assert_true (rtsp_is_silent (&fresh, 300));
  g_assert_true (rtsp_is_silent (&playing, 300));
  camera_order (rig, "{\"type\":\"behave\"}");
  g_free (rtsp_receive (&fresh));
  rtsp_take (&playing, 0, 30);
  rtsp_close (&playing);
  rtsp_close (&fresh);
}

/* A connection that is muted can still be dropped, and does not outlive its client. */
static void
test_mute_and_drop (CameraRig *rig, gconstpointer data)
{
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"mute\"}");
  g_assert_true (rtsp_is_silent (&playing, 100));
  camera_order (rig, "{\"type\":\"dropClients\",\"mount\":\"/other\"}");
  g_assert_true (rtsp_ends_with_reset (&playing));
  rtsp_close (&playing);
}

/* A session begins right after a close, so that it is there long before the next. */
static void
test_close_every (CameraRig *rig, gconstpointer data)
{
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"closeEvery\",\"mount\":\"/other\",\"seconds\":2}");
  g_assert_false (rtsp_ends_with_reset (&playing));
  rtsp_close (&playing);
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  g_assert_false (rtsp_ends_with_reset (&playing));
  rtsp_close (&playing);
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/other\"}");
  Rtsp spared;
  rtsp_open_and_play (&spared, rig->port, "/other", 1);
  rtsp_take (&spared, 0, 60);
  rtsp_close (&spared);
}

static gboolean
says_bye (const Packet *packet)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (packet->bytes, &length);
  for (gsize at = 0; at + 4 <= length; at += 4 * (1 + (bytes[at + 2] << 8 | bytes[at + 3])))
    if (bytes[at + 1] == RTCP_BYE)
      return TRUE;
  return FALSE;
}

static void
test_teardown (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) packet = { 0 };
  Rtsp playing;
  gboolean bye = FALSE;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"teardown\",\"mount\":\"/other\"}");
  while (rtsp_next (&playing, 1, &packet))
    bye = bye || says_bye (&packet);
  g_assert_true (bye);
  rtsp_close (&playing);
}

static void
test_invalid_orders (CameraRig *rig, gconstpointer data)
{
  static const char *const orders[] = { "{\"type\":\"dance\"}",
                                        "{\"type\":\"freeze\"}",
                                        "{\"type\":\"freeze\",\"mount\":\"/none\"}",
                                        "{\"type\":\"close\",\"mount\":\"/av\"}",
                                        "{\"type\":\"refuse\",\"mount\":\"/av\",\"status\":200}",
                                        "{\"type\":\"refuse\",\"mount\":\"/av\",\"status\":404,\"method\":\"OPTIONS\"}",
                                        "{\"type\":\"resetOn\",\"mount\":\"/av\",\"method\":5}",
                                        "{\"type\":\"jump\",\"mount\":\"/av\"}",
                                        "{\"type\":\"corrupt\",\"mount\":\"/av\",\"rate\":2}",
                                        "{\"type\":\"format\",\"mount\":\"/av\",\"width\":321}" };
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++) {
    g_autofree char *message = camera_refuses (rig, orders[i]);
    g_assert_cmpstr (message, !=, "");
  }
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/av", 2);
  rtsp_take (&playing, 0, 10);
  rtsp_close (&playing);
}

#define ADD(name, test) g_test_add ("/camera/" name, CameraRig, NULL, camera_set_up, test, camera_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("close-and-open", test_close_and_open);
  ADD ("close-and-drop", test_close_and_drop);
  ADD ("drop-clients", test_drop_clients);
  ADD ("mute-mount", test_mute_mount);
  ADD ("mute-camera", test_mute_camera);
  ADD ("mute-and-drop", test_mute_and_drop);
  ADD ("close-every", test_close_every);
  ADD ("teardown", test_teardown);
  ADD ("invalid-orders", test_invalid_orders);
  return g_test_run ();
}
