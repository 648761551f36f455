/* The reports that outputs send, kept for the test. */
#pragma once

#include "reporter.h"

G_BEGIN_DECLS

typedef struct
{
  Reporter *reporter;
  GPtrArray *seen; /* JsonNode; those awaited are taken out */
} Reports;

Reports *reports_new (void);
void reports_free (Reports *self);

/* Runs the main context until a report of this type has come, and takes it: (transfer full). */
JsonNode *reports_await (Reports *self, const char *type);
/* How many of this type have come and were not awaited. */
guint reports_count (Reports *self, const char *type);

const char *report_string (JsonNode *report, const char *name);
gint64 report_int (JsonNode *report, const char *name);

/* Runs the main context until `done` says so. */
typedef gboolean (*ReportsCondition) (gpointer user_data);
void reports_run_until (ReportsCondition done, gpointer user_data);

G_END_DECLS
