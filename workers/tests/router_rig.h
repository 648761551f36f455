/* A router between stand-ins for two workers, and clients of it. */
#pragma once

#include "stand_in.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *bundle;
  char *log; /* standard error of the router */
  guint16 port;
  GPid pid;
  StandIn a, b; /* of the mounts /a and /b */
} RouterRig;

#define DESCRIBE_A "DESCRIBE rtsp://h:8554/a RTSP/1.0\r\nCSeq: 2\r\n\r\n"
#define DESCRIBE_B "DESCRIBE rtsp://h:8554/b/?x RTSP/1.0\r\nCSeq: 2\r\n\r\n"

/* A fixture for g_test_add(): a router that serves, and at the end stops in order. `setup` runs in its process. */
void router_set_up_with (RouterRig *rig, GSpawnChildSetupFunc setup);
void router_set_up (RouterRig *rig, gconstpointer data);
void router_tear_down (RouterRig *rig, gconstpointer data);

/* Starts a router and does not wait for it. */
GPid router_spawn (const char *bundle, const char *log, GSpawnChildSetupFunc setup);
/* Starts the rig's router, at first or again. */
void router_start (RouterRig *rig, GSpawnChildSetupFunc setup);
/* The bundles of /a and /b, on the rig's port. */
void router_write_spec (RouterRig *rig, const char *a, const char *b);
/* The same with the rig's own stand-ins and more members, such as "\"deny\":[]"; "listen" may be one of them. */
void router_write_more (RouterRig *rig, const char *members);
/* Has the router read its spec at once; returns its reply. (transfer full) */
char *router_reload (RouterRig *rig);

int router_connect (RouterRig *rig);
/* A client that has sent `request`. */
int router_ask (RouterRig *rig, const char *request);
/* The client is answered so and gets the end of the stream. */
void router_assert_answer_begins (int client, const char *beginning);
/* The stand-in gets a client whose unread bytes are exactly `request`, and can talk with it. */
void router_assert_handed_over (StandIn *worker, int client, const char *request);

G_END_DECLS
