/* From a camera's RTSP to the hub, and its end. */
#include "../outputs/reports.h"
#include "ingest.h"
#include "rtsp-script.h"

#include <string.h>

#define OK "RTSP/1.0 200 OK\r\nCSeq: ?\r\n"
/* 8 bytes of G.711 a packet: 1 ms. */
#define SDP                                                                                                            \
  "v=0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 TH\xe9"                                                                  \
  "ORA/90000\r\na=control:v\r\n"                                                                                       \
  "m=audio 0 RTP/AVP 8\r\na=control:a\r\n"
#define SDP_SOUND "v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:a\r\n"
#define RTP(sequence, time)                                                                                            \
  "$~~\x14\x80\x08~" sequence "~~~" time "~~~\x01"                                                                     \
  "soundabc"
#define BYE "$\x01~\x08\x81\xcb~\x01~~~\x01"

static const ScriptStep end_of_script = { 0 };

typedef struct
{
  Hub *hub;
  Reports *reports;
  Ingest *ingest;
  guint sink;
  gint frames; /* atomic */
  JsonNode *failure;
} Fixture;

static void
on_frame (const HubFrame *frame, gpointer user_data)
{
  g_atomic_int_inc (&((Fixture *)user_data)->frames);
}

static const HubSinkFuncs sink_funcs = { .frame = on_frame };

static void
on_ended (Ingest *ingest, JsonNode *failure, gpointer user_data)
{
  ((Fixture *)user_data)->failure = failure;
}

static gboolean
has_ended (gpointer user_data)
{
  return ((Fixture *)user_data)->failure != NULL;
}

static void
fixture_init (Fixture *self, RtspScript *script)
{
  g_autofree char *uri = rtsp_script_uri (script);
  g_autoptr (JsonObject) source = json_object_new ();

  memset (self, 0, sizeof *self);
  self->hub = hub_new ();
  self->reports = reports_new ();
  self->sink = hub_attach (self->hub, &sink_funcs, self, HUB_LIVE_ONLY, NULL);
  const IngestSettings settings = {
    .hub = self->hub,
    .reporter = self->reports->reporter,
    .pipelines = g_getenv ("DSLRS_TEST_PIPELINES"),
    .life = 1,
    .ended = on_ended,
    .user_data = self,
  };
  json_object_set_string_member (source, "kind", "rtsp");
  json_object_set_string_member (source, "transport", "tcp");
  json_object_set_string_member (source, "uri", uri);
  self->ingest = ingest_start (&settings, source);
}

static void
fixture_clear (Fixture *self)
{
  ingest_free (self->ingest, "stopped");
  hub_detach (self->hub, self->sink);
  hub_free (self->hub);
  reports_free (self->reports);
  json_node_unref (self->failure);
}

static void
assert_ends (Fixture *self, const char *reason)
{
  reports_run_until (has_ended, self);
  g_assert_cmpstr (report_string (self->failure, "reason"), ==, reason);
}

static void
test_a_life (void)
{
  g_autofree char *described = g_strdup_printf (OK "Content-Length: %zu\r\n\r\n%s", strlen (SDP_SOUND), SDP_SOUND);
  const ScriptStep steps[] = {
    { "OPTIONS", OK "\r\n" },
    { "DESCRIBE", described },
    { "/cam/a RTSP/1.0", OK "Session: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n" },
    { "PLAY", RTP ("\x01", "\x08") OK "\r\n" RTP ("\x02", "\x10") RTP ("\x03", "\x18") },
    { "", RTP ("\x04", "\x20") BYE },
    { "TEARDOWN", OK "\r\n" },
    end_of_script,
  };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  Fixture fixture;

  fixture_init (&fixture, script);
  assert_ends (&fixture, "endOfStream");
  g_assert_cmpint (g_atomic_int_get (&fixture.frames), ==, 4);
  rtsp_script_wait (script);
  fixture_clear (&fixture);
}

static void
test_encodings_that_are_not_taken (void)
{
  g_autofree char *described = g_strdup_printf (OK "Content-Length: %zu\r\n\r\n%s", strlen (SDP), SDP);
  const ScriptStep steps[] = { { "OPTIONS", OK "\r\n" }, { "DESCRIBE", described }, end_of_script };
  g_autoptr (RtspScript) script = rtsp_script_start (steps);
  Fixture fixture;

  fixture_init (&fixture, script);
  assert_ends (&fixture, "unsupportedEncoding");
  fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ingest-rtsp/a-life", test_a_life);
  g_test_add_func ("/ingest-rtsp/encodings-that-are-not-taken", test_encodings_that_are_not_taken);
  return g_test_run ();
}
