/* The bytes on the connections of a camera that misbehaves. */
#include "camera-rig.h"
#include "rtsp.h"

#include "rig.h"

#include <string.h>
#include <sys/socket.h>

static void
test_garbage (CameraRig *rig, gconstpointer data)
{
  Rtsp playing;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"garbage\",\"mount\":\"/other\"}");
  /* Read as a stream of packets and answers, what comes makes sense only so far. */
  gboolean sense = TRUE;
  while (sense) {
    guint8 head[4];
    g_assert_cmpint (recv (playing.fd, head, sizeof head, MSG_WAITALL), ==, sizeof head);
    guint length = head[2] << 8 | head[3];
    sense = playing.unread->len == 0 && head[0] == '$' && head[1] <= 1 && length <= 1500;
    if (sense)
      g_free (rig_receive (playing.fd, length));
  }
  rtsp_close (&playing);
}

static void
test_half_packet (CameraRig *rig, gconstpointer data)
{
  Rtsp playing, fresh;
  rtsp_open_and_play (&playing, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"halfPacket\",\"mount\":\"/other\"}");
  g_autoptr (GByteArray) rest = rtsp_rest (&playing);
  g_assert_cmpint (rest->len, >, 4);
  g_assert_cmpint (rest->data[0], ==, '$');
  g_assert_cmpint (rest->len, ==, 4 + (rest->data[2] << 8 | rest->data[3]) / 2);
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/other\"}");
  rtsp_open_and_play (&fresh, rig->port, "/other", 1);
  rtsp_take (&fresh, 0, 30);
  rtsp_close (&fresh);
  rtsp_close (&playing);
}

/* Far less arrives than the camera makes, and all of it later on. */
static void
test_drip (CameraRig *rig, gconstpointer data)
{
  g_auto (Packet) packet = { 0 };
  Rtsp playing, other;
  rtsp_open_and_play (&playing, rig->port, "/av", 2);
  rtsp_open_and_play (&other, rig->port, "/other", 1);
  camera_order (rig, "{\"type\":\"drip\",\"mount\":\"/av\",\"bytesPerSecond\":100}");
  g_assert_true (rtsp_next (&playing, 0, &packet));
  rtsp_take (&other, 0, 100);
  char bytes[4096];
  ssize_t length = recv (playing.fd, bytes, sizeof bytes, MSG_DONTWAIT);
  g_assert_cmpint (length, <, sizeof bytes);
  if (length > 0)
    g_byte_array_append (playing.unread, (const guint8 *)bytes, length);
  camera_order (rig, "{\"type\":\"behave\",\"mount\":\"/av\"}");
  for (guint i = 0; i < 50; i++) {
    guint16 before = packet.sequence;
    g_assert_true (rtsp_next (&playing, 0, &packet));
    g_assert_cmpint (packet.sequence, ==, (guint16)(before + 1));
  }
  rtsp_close (&playing);
  rtsp_close (&other);
}

#define ADD(name, test) g_test_add ("/camera/" name, CameraRig, NULL, camera_set_up, test, camera_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("garbage", test_garbage);
  ADD ("half-packet", test_half_packet);
  ADD ("drip", test_drip);
  return g_test_run ();
}
