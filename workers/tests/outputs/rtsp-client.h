/* An RTSP client over TCP that the test hands to the worker's RTSP server as the router does. It plays the first
 * stream.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What it has not looked at yet is in `received`. */
typedef struct
{
  int fd;
  guint sequence;
  const char *transport; /* as in the header; TCP unless something else is put here */
  char *session;         /* header of the requests after SETUP */
  char *set_up;          /* the answer to SETUP */
  char *playing;         /* the answer to PLAY */
  GByteArray *received;
  gboolean ended;
} Client;

/* `directory`: of rtsp.sock. */
Client *client_new (const char *directory);
/* `line` as the router sends it; `router`, (out): the connection of the hand-over. */
Client *client_new_with (const char *directory, const char *line, int *router);
void client_free (Client *self);

void client_send (Client *self, const char *method, const char *path, const char *headers);
/* (transfer full) */
char *client_ask (Client *self, const char *method, const char *path, const char *headers);
void client_play (Client *self, const char *path);
/* RTCP of the first stream. */
void client_send_control (Client *self, const guint8 *packets, guint size);
/* The first whole packet on that channel, RTCP of that type (0: any); NULL where none has come. */
const guint8 *client_packet (Client *self, guint channel, guint type);
/* Takes what has come. */
void client_read (Client *self);

/* For reports_run_until(), with the client. */
gboolean client_has_ended (gpointer client);
gboolean client_has_answer (gpointer client);
/* It was told by RTCP that the stream has ended. */
gboolean client_has_bye (gpointer client);

/* Video frames that came since PLAY. */
guint client_count_frames (Client *self);
/* Runs the main context until at least so many have come. */
void client_await_frames (Client *self, guint frames);
/* Runs it until the last frame is this one. */
void client_await_frame (Client *self, GstSample *expected);
/* Frame `number` ends like this sample. */
void client_assert_frame (Client *self, guint number, GstSample *expected);
guint32 client_frame_time (Client *self, guint number);
/* Contents of the single H.264 NAL units of that type: (transfer full) (element-type GBytes). */
GPtrArray *client_nal_units (Client *self, guint type);
/* H.264: so many frames have parameter sets, and all of these come before the first slice. */
void client_assert_parameter_sets_lead (Client *self, guint frames);

G_END_DECLS
