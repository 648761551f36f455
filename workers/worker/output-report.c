#include "output-report.h"

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static JsonBuilder *
begin_report (const char *type)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "type", type);
  return builder;
}

static JsonBuilder *
begin (const char *type, const char *id)
{
  JsonBuilder *builder = begin_report (type);

  add_string (builder, "id", id);
  return builder;
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_strings (JsonBuilder *builder, const char *name, const char *const *values)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (; *values != NULL; values++)
    json_builder_add_string_value (builder, *values);
  json_builder_end_array (builder);
}

static void
send (Reporter *reporter, JsonBuilder *builder)
{
  json_builder_end_object (builder);
  reporter_send (reporter, json_builder_get_root (builder));
  g_object_unref (builder);
}

void
output_report_up (Reporter *reporter, const char *id, const char *kind)
{
  JsonBuilder *builder = begin ("outputUp", id);

  add_string (builder, "kind", kind);
  send (reporter, builder);
}

static void
report_failure (Reporter *reporter, const char *type, const char *id, const char *kind, JsonNode *failure)
{
  JsonBuilder *builder = begin (type, id);

  add_string (builder, "kind", kind);
  json_builder_set_member_name (builder, "failure");
  json_builder_add_value (builder, failure);
  send (reporter, builder);
}

void
output_report_down (Reporter *reporter, const char *id, const char *kind, JsonNode *failure)
{
  report_failure (reporter, "outputDown", id, kind, failure);
}

void
output_report_degraded (Reporter *reporter, const char *id, const char *kind, JsonNode *failure)
{
  report_failure (reporter, "outputDegraded", id, kind, failure);
}

void
output_report_segment_opened (Reporter *reporter, const char *id, const SegmentSummary *summary)
{
  JsonBuilder *builder = begin ("segmentOpened", id);

  add_string (builder, "path", summary->path);
  add_int (builder, "startedAt", summary->started_ms);
  add_strings (builder, "encodings", summary->encodings);
  add_boolean (builder, "continues", summary->continues);
  send (reporter, builder);
}

void
output_report_segment_closed (Reporter *reporter, const char *id, const SegmentSummary *summary)
{
  JsonBuilder *builder = begin ("segmentClosed", id);

  add_string (builder, "path", summary->path);
  add_int (builder, "startedAt", summary->started_ms);
  add_int (builder, "endedAt", summary->ended_ms);
  add_int (builder, "frames", (gint64)summary->frames);
  add_int (builder, "keyframes", (gint64)summary->keyframes);
  add_int (builder, "bytes", (gint64)summary->bytes);
  add_int (builder, "durationMs", (gint64)summary->duration_ms);
  add_strings (builder, "encodings", summary->encodings);
  add_boolean (builder, "whole", summary->whole);
  add_string (builder, "reason", summary->reason);
  send (reporter, builder);
}

/* What is told of a viewer whenever it is spoken of. */
static void
add_identity (JsonBuilder *builder, const ViewerSummary *viewer)
{
  add_int (builder, "viewer", viewer->number);
  add_string (builder, "address", viewer->address);
  add_string (builder, "user", viewer->user);
  add_string (builder, "transport", viewer->transport);
  add_string (builder, "agent", viewer->agent);
}

void
output_report_viewer_joined (Reporter *reporter, const char *id, const ViewerSummary *viewer)
{
  JsonBuilder *builder = begin ("viewerJoined", id);

  add_identity (builder, viewer);
  send (reporter, builder);
}

void
output_report_viewer_left (Reporter *reporter, const char *id, const ViewerSummary *viewer)
{
  JsonBuilder *builder = begin ("viewerLeft", id);

  add_identity (builder, viewer);
  add_int (builder, "framesSent", (gint64)viewer->frames_sent);
  add_int (builder, "framesDropped", (gint64)viewer->frames_dropped);
  json_builder_set_member_name (builder, "seconds");
  json_builder_add_double_value (builder, viewer->seconds);
  send (reporter, builder);
}

static void
add_viewer (JsonBuilder *builder, const ViewerSummary *viewer)
{
  json_builder_begin_object (builder);
  add_identity (builder, viewer);
  add_string (builder, "state", viewer->state);
  add_int (builder, "since", viewer->since_ms);
  add_int (builder, "framesSent", (gint64)viewer->frames_sent);
  add_int (builder, "framesDropped", (gint64)viewer->frames_dropped);
  add_int (builder, "bytesSent", (gint64)viewer->bytes_sent);
  add_int (builder, "waitingBytes", (gint64)viewer->waiting_bytes);
  json_builder_set_member_name (builder, "loss");
  json_builder_add_double_value (builder, viewer->loss);
  json_builder_end_object (builder);
}

void
output_report_viewers (Reporter *reporter, const char *id, GArray *viewers)
{
  JsonBuilder *builder = begin ("viewers", id);

  json_builder_set_member_name (builder, "viewers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < viewers->len; i++)
    add_viewer (builder, &g_array_index (viewers, ViewerSummary, i));
  json_builder_end_array (builder);
  send (reporter, builder);
}

void
output_report_login_refused (Reporter *reporter, const LoginSummary *login)
{
  JsonBuilder *builder = begin_report ("loginRefused");

  add_string (builder, "address", login->address);
  add_string (builder, "user", login->user);
  add_string (builder, "why", login->why);
  add_int (builder, "waitMs", login->wait_ms);
  send (reporter, builder);
}
