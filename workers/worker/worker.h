/* One stream's worker: carries out orders and reports. It decides nothing, except that without a supervisor it repeats
 * the last retry delay, and after the orphan grace leaves. Main thread only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Worker Worker;

typedef struct
{
  const char *name;
  const char *pipelines;
  guint orphan_grace_seconds;
} WorkerOptions;

/* The working directory is the bundle. NULL with `error`. */
Worker *worker_new (const WorkerOptions *options, GError **error);
void worker_free (Worker *worker);

/* Runs until an orderly stop is complete. */
void worker_run (Worker *worker);

G_END_DECLS
