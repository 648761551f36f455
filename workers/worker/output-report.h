/* The reports of outputs (docs/worker-protocol.md), for any thread. */
#pragma once

#include "reporter.h"

G_BEGIN_DECLS

void output_report_up (Reporter *reporter, const char *id, const char *kind);
/* `failure`: (transfer full). */
void output_report_down (Reporter *reporter, const char *id, const char *kind, JsonNode *failure);

/* `failure`: (transfer full). */
void output_report_degraded (Reporter *reporter, const char *id, const char *kind, JsonNode *failure);

typedef struct
{
  const char *path;
  gint64 started_ms;
  const char *const *encodings;
  gboolean continues; /* the file before it */

  /* Of a closed one. */
  gint64 ended_ms;
  guint64 frames;
  guint64 keyframes;
  guint64 bytes;
  guint64 duration_ms;
  gboolean whole;
  const char *reason;
} SegmentSummary;

void output_report_segment_opened (Reporter *reporter, const char *id, const SegmentSummary *summary);
void output_report_segment_closed (Reporter *reporter, const char *id, const SegmentSummary *summary);

typedef struct
{
  guint number;
  const char *address;
  const char *user;
  const char *transport;
  const char *agent;
  const char *state;
  gint64 since_ms; /* 0: it has not joined yet */
  guint64 frames_sent;
  guint64 frames_dropped;
  guint64 bytes_sent;
  gsize waiting_bytes;
  double loss; /* 0 to 1 */
  double seconds;
} ViewerSummary;

void output_report_viewer_joined (Reporter *reporter, const char *id, const ViewerSummary *viewer);
void output_report_viewer_left (Reporter *reporter, const char *id, const ViewerSummary *viewer);
/* `viewers`: (element-type ViewerSummary). */
void output_report_viewers (Reporter *reporter, const char *id, GArray *viewers);

typedef struct
{
  const char *address;
  const char *user;
  const char *why; /* password user viewer */
  guint wait_ms;   /* that the address may not try again; 0: it may */
} LoginSummary;

void output_report_login_refused (Reporter *reporter, const LoginSummary *login);

G_END_DECLS
