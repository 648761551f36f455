/* What is reported of a group, as test/rig/crowd.ts reads it. */
#pragma once

#include "rtp-count.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean playing;
  const RtpCount *video;
  guint visits;
  guint ended;
  guint refused;
  guint status; /* of the last refusal; 0: there was none */
} ViewerReport;

/* `first_frames`: gint64, µs; NULL where there are none. */
JsonBuilder *report_begin (const char *group, const GArray *first_frames);
void report_viewer (JsonBuilder *builder, const ViewerReport *viewer);
/* Frees `builder`: (transfer full). */
JsonNode *report_end (JsonBuilder *builder);

G_END_DECLS
