#include "report.h"

static void
add_number (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

/* Keys as text: they are more than a number of JSON holds. */
static void
add_arrivals (JsonBuilder *builder, const GArray *arrivals)
{
  json_builder_set_member_name (builder, "arrivals");
  json_builder_begin_array (builder);
  for (guint i = 0; arrivals != NULL && i < arrivals->len; i++) {
    const RtpArrival *arrival = &g_array_index (arrivals, RtpArrival, i);
    g_autofree char *key = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", arrival->key);

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "key");
    json_builder_add_string_value (builder, key);
    add_number (builder, "atUs", arrival->at_us);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

void
report_viewer (JsonBuilder *builder, const ViewerReport *viewer)
{
  const RtpCount *video = viewer->video;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "playing");
  json_builder_add_boolean_value (builder, viewer->playing);
  add_number (builder, "frames", (gint64)video->frames);
  add_number (builder, "bytes", (gint64)video->bytes);
  add_number (builder, "lost", (gint64)video->lost);
  add_number (builder, "smallestStep", video->smallest_step);
  add_number (builder, "largestStep", video->largest_step);
  add_number (builder, "visits", viewer->visits);
  add_number (builder, "ended", viewer->ended);
  add_number (builder, "refused", viewer->refused);
  add_number (builder, "status", viewer->status);
  add_arrivals (builder, video->arrivals);
  json_builder_end_object (builder);
}

JsonBuilder *
report_begin (const char *group, const GArray *first_frames)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "group");
  json_builder_add_string_value (builder, group);
  json_builder_set_member_name (builder, "firstFrameUs");
  json_builder_begin_array (builder);
  for (guint i = 0; first_frames != NULL && i < first_frames->len; i++)
    json_builder_add_int_value (builder, g_array_index (first_frames, gint64, i));
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "viewers");
  json_builder_begin_array (builder);
  return builder;
}

JsonNode *
report_end (JsonBuilder *builder)
{
  g_autoptr (JsonBuilder) owned = builder;

  json_builder_end_array (owned);
  json_builder_end_object (owned);
  return json_builder_get_root (owned);
}
