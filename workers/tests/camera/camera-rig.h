/* A simulated camera and its control socket. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *bundle;
  GPid pid;
  guint16 port;
  int control;
} CameraRig;

/* A fixture for g_test_add(). The mounts: /av (H.264 and AAC), /other (H.264), and with the credentials u:p /digest,
 * /sha256 and /basic. 25 fps, 10 frames from keyframe to keyframe. */
void camera_set_up (CameraRig *rig, gconstpointer data);
void camera_tear_down (CameraRig *rig, gconstpointer data);

/* `order` is the text of a JSON object; the camera obeys. */
void camera_order (CameraRig *rig, const char *order);
/* The camera does not. (transfer full): what it says. */
char *camera_refuses (CameraRig *rig, const char *order);

G_END_DECLS
