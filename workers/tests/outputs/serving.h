/* An RTSP output on a hub, in a directory of its own. */
#pragma once

#include "clip.h"
#include "output.h"
#include "reports.h"
#include "rtsp-client.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory;
  char *former_directory;
  Hub *hub;
  Substream *substream; /* there is one when its hub has a life */
  Reports *reports;
  OutputContext context;
  Output *server;
  Clip *clip;
} Serving;

/* Of an rtsp output: (transfer full). */
JsonNode *serving_settings (const char *id, const char *mount, const char *fallback);
Output *serving_add (Serving *self, const char *id, const char *mount, GError **error);

/* For g_test_add(). The mount is /cam; `fallback` is the name of one, or NULL for none. */
void serving_set_up (Serving *self, gconstpointer fallback);
void serving_tear_down (Serving *self, gconstpointer fallback);

G_END_DECLS
