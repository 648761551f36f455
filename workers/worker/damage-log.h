/* Tells of what is damaged in a file once, however often the file is played, and not without end. */
#pragma once

#include "file-check.h"
#include "reporter.h"

G_BEGIN_DECLS

typedef struct _DamageLog DamageLog;

DamageLog *damage_log_new (Reporter *reporter, const char *path);
void damage_log_free (DamageLog *self);

/* Logs that the file is damaged after `from` (ns), unless that has been said of this file. From any thread. */
void damage_log_tell (DamageLog *self, const FileIdentity *identity, gint64 from, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

G_END_DECLS
