#include "camera-rig.h"

#include "rig.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE "\"kind\":\"pattern\",\"width\":320,\"height\":240,\"fps\":25,\"gop\":10,\"bitrate\":300000"
#define GUARDED(path, auth)                                                                                            \
  "{\"path\":\"" path "\",\"user\":\"u\",\"password\":\"p\",\"auth\":\"" auth "\",\"source\":{" PICTURE "}}"

static const char spec[]
    = "{\"mounts\":[{\"path\":\"/av\",\"source\":{" PICTURE ",\"audio\":\"aac\"}},"
      "{\"path\":\"/other\",\"source\":{" PICTURE
      "}}," GUARDED ("/digest", "digest") "," GUARDED ("/sha256", "digest-sha256") "," GUARDED ("/basic", "basic") "]}";

void
camera_set_up (CameraRig *rig, gconstpointer data)
{
  rig->bundle = rig_directory ();
  rig_write (rig->bundle, "spec.json", spec);
  g_autofree char *spec_file = g_build_filename (rig->bundle, "spec.json", NULL);
  g_autofree char *port_file = g_build_filename (rig->bundle, "port", NULL);
  const char *argv[]
      = { g_getenv ("DSLRS_CAMERA"), "--bundle", rig->bundle, "--spec", spec_file, "--port-file", port_file, NULL };
  rig->pid = rig_spawn ((char **)argv, NULL, NULL, NULL);
  g_autofree char *port = rig_await_file (rig->bundle, "port");
  rig->port = atoi (port);
  rig->control = rig_connect_unix (rig->bundle, "control.sock");
  rig_send (rig->control, "{\"type\":\"hello\",\"protocol\":1}\n");
}

void
camera_tear_down (CameraRig *rig, gconstpointer data)
{
  close (rig->control);
  rig_kill (rig->pid);
  rig_remove (rig->bundle);
}

/* (transfer full) */
static JsonObject *
give (CameraRig *rig, const char *order)
{
  rig_send (rig->control, order);
  rig_send (rig->control, "\n");
  for (;;) {
    g_autofree char *line = rig_receive_line (rig->control);
    g_autoptr (JsonNode) node = json_from_string (line, NULL);
    JsonObject *message = json_node_get_object (node);
    if (g_str_equal (json_object_get_string_member (message, "type"), "reply"))
      return json_object_ref (message);
  }
}

void
camera_order (CameraRig *rig, const char *order)
{
  g_autoptr (JsonObject) reply = give (rig, order);
  g_assert_true (json_object_get_boolean_member (reply, "ok"));
}

char *
camera_refuses (CameraRig *rig, const char *order)
{
  g_autoptr (JsonObject) reply = give (rig, order);
  g_assert_false (json_object_get_boolean_member (reply, "ok"));
  return g_strdup (json_object_get_string_member (reply, "message"));
}
