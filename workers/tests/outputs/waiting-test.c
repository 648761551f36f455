/* Viewers who have to wait, for a first picture or for a media that does not get ready, and the others beside them. */
#include "rig.h"
#include "serving.h"

#include <string.h>

/* More than any pool of threads would have. */
#define CROWD 40

typedef struct
{
  Serving serving;
  GPtrArray *crowd; /* Client */
} Rig;

static void
set_up (Rig *self, gconstpointer data)
{
  serving_set_up (&self->serving, NULL);
  self->crowd = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);
}

static void
tear_down (Rig *self, gconstpointer data)
{
  g_ptr_array_unref (self->crowd);
  serving_tear_down (&self->serving, NULL);
}

static void
ask_as_crowd (Rig *self)
{
  for (guint i = 0; i < CROWD; i++) {
    Client *client = client_new (self->serving.directory);

    client_send (client, "DESCRIBE", "/cam", "");
    g_ptr_array_add (self->crowd, client);
  }
}

static guint
count_answered (Rig *self)
{
  guint answered = 0;

  for (guint i = 0; i < self->crowd->len; i++)
    answered += client_has_answer (g_ptr_array_index (self->crowd, i));
  return answered;
}

static gboolean
all_have_answers (gpointer user_data)
{
  return count_answered (user_data) == CROWD;
}

static gboolean
begins_with (Client *client, const char *text)
{
  return client->received->len >= strlen (text) && memcmp (client->received->data, text, strlen (text)) == 0;
}

static void
assert_answers (Rig *self, const char *status_line)
{
  for (guint i = 0; i < CROWD; i++)
    g_assert_true (begins_with (g_ptr_array_index (self->crowd, i), status_line));
}

static void
begin (Rig *self)
{
  clip_begin (self->serving.clip, self->serving.hub, 1);
  clip_push (self->serving.clip, self->serving.hub, 1, 0, 15, TRUE);
}

static void
test_all_who_wait_get_in_with_the_first_picture (Rig *self, gconstpointer data)
{
  ask_as_crowd (self);
  begin (self);
  reports_run_until (all_have_answers, self);
  assert_answers (self, "RTSP/1.0 200 OK\r\n");
}

static void
test_all_who_wait_in_vain_are_told_so (Rig *self, gconstpointer data)
{
  ask_as_crowd (self);
  reports_run_until (all_have_answers, self);
  assert_answers (self, "RTSP/1.0 503 There is no picture yet\r\nCSeq: 1\r\nRetry-After: 1\r\n");
  reports_run_until (client_has_ended, g_ptr_array_index (self->crowd, 0));
  begin (self);
  Client *late = client_new (self->serving.directory);
  client_play (late, "/cam");
  client_await_frames (late, 5);
  client_free (late);
}

/* Its payloader gets nothing, not even the word that nothing comes for now. */
static const char *
pipelines_that_do_not_get_ready (Rig *self)
{
  rig_write (self->serving.directory, "pay-h264.launch",
             "appsrc name=source is-live=true format=time ! valve drop=true ! rtph264pay name=pay");
  rig_write (self->serving.directory, "pay-opus.launch",
             "appsrc name=source is-live=true format=time ! rtpopuspay name=pay");
  return self->serving.directory;
}

static gboolean
all_are_listed (gpointer user_data)
{
  Rig *self = user_data;

  self->serving.server->funcs->list_viewers (self->serving.server);
  g_autoptr (JsonNode) report = reports_await (self->serving.reports, "viewers");
  JsonArray *viewers = json_object_get_array_member (json_node_get_object (report), "viewers");

  /* The crowd, and who watches. */
  return json_array_get_length (viewers) == CROWD + 1;
}

static void
test_media_that_do_not_get_ready_hold_up_nobody (Rig *self, gconstpointer data)
{
  OutputContext *context = &self->serving.context;
  const char *pipelines = context->pipelines;

  begin (self);
  Client *watching = client_new (self->serving.directory);
  client_play (watching, "/cam");
  client_await_frames (watching, 5);

  context->pipelines = pipelines_that_do_not_get_ready (self);
  ask_as_crowd (self);
  reports_run_until (all_are_listed, self);
  context->pipelines = pipelines;
  Client *late = client_new (self->serving.directory);
  client_play (late, "/cam");
  client_await_frames (late, 5);
  clip_push (self->serving.clip, self->serving.hub, 1, 15, 25, TRUE);
  client_await_frames (late, 5 + 10);
  client_await_frames (watching, 5 + 10);
  g_assert_cmpuint (count_answered (self), ==, 0);
  client_free (watching);
  client_free (late);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/waiting/" path, Rig, NULL, set_up, function, tear_down)
  ADD ("all-get-in-with-the-first-picture", test_all_who_wait_get_in_with_the_first_picture);
  ADD ("all-who-wait-in-vain-are-told-so", test_all_who_wait_in_vain_are_told_so);
  ADD ("media-that-do-not-get-ready-hold-up-nobody", test_media_that_do_not_get_ready_hold_up_nobody);
#undef ADD
  return g_test_run ();
}
