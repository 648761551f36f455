#include "teardown.h"

/* rtspsrc takes 100 ms to say goodbye to a camera that does not answer. */
#define BUSY_MS 500
#define HANGS_MS 5000
#define LEAVE_US (1 * G_USEC_PER_SEC)

typedef struct
{
  Teardown *teardown;
  Ingest *ingest;
  gint64 since_us;
  gboolean busy;
  gboolean hangs;
  guint timer;
} Job;

struct _Teardown
{
  Reporter *reporter;
  TeardownQuiet quiet;
  gpointer user_data;
  GPtrArray *jobs; /* Job, owned */

  GMutex lock;
  GCond ended;
  guint running; /* threads, under the lock */
};

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_handle_id (&job->timer, g_source_remove);
  while (g_source_remove_by_user_data (job))
    continue;
  g_free (job);
}

Teardown *
teardown_new (Reporter *reporter, TeardownQuiet quiet, gpointer user_data)
{
  Teardown *self = g_new0 (Teardown, 1);

  self->reporter = reporter;
  self->quiet = quiet;
  self->user_data = user_data;
  self->jobs = g_ptr_array_new_with_free_func (job_free);
  g_mutex_init (&self->lock);
  g_cond_init (&self->ended);
  return self;
}

static gboolean
wait_for_all (Teardown *self, gint64 until_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->running > 0)
    if (!g_cond_wait_until (&self->ended, &self->lock, until_us))
      return FALSE;
  return TRUE;
}

gboolean
teardown_free (Teardown *self)
{
  if (!wait_for_all (self, g_get_monotonic_time () + LEAVE_US))
    return FALSE;
  g_ptr_array_unref (self->jobs);
  g_cond_clear (&self->ended);
  g_mutex_clear (&self->lock);
  g_free (self);
  return TRUE;
}

static void
end_busy (Job *job)
{
  Teardown *self = job->teardown;

  if (!job->busy)
    return;
  job->busy = FALSE;
  if (!teardown_is_busy (self))
    self->quiet (self->user_data);
}

static gboolean
on_hangs (gpointer user_data)
{
  Job *job = user_data;

  job->timer = 0;
  job->hangs = TRUE;
  reporter_log (job->teardown->reporter, "error", "ingest",
                "an ended source does not stop: one of its elements hangs. The stream goes on without it");
  return G_SOURCE_REMOVE;
}

static gboolean
on_busy_for_long (gpointer user_data)
{
  Job *job = user_data;

  job->timer = g_timeout_add (HANGS_MS - BUSY_MS, on_hangs, job);
  end_busy (job);
  return G_SOURCE_REMOVE;
}

static gboolean
on_ended (gpointer user_data)
{
  Job *job = user_data;

  if (job->hangs)
    reporter_log (job->teardown->reporter, "info", "ingest", "a source that hung has stopped after %.1f s",
                  (double)(g_get_monotonic_time () - job->since_us) / G_USEC_PER_SEC);
  end_busy (job);
  g_ptr_array_remove_fast (job->teardown->jobs, job);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer user_data)
{
  Job *job = user_data;
  Teardown *self = job->teardown;

  ingest_free (job->ingest, NULL);
  g_mutex_lock (&self->lock);
  g_idle_add_full (G_PRIORITY_HIGH, on_ended, job, NULL);
  self->running--;
  g_cond_signal (&self->ended);
  g_mutex_unlock (&self->lock);
  return NULL;
}

void
teardown_take (Teardown *self, Ingest *ingest)
{
  Job *job = g_new0 (Job, 1);

  job->teardown = self;
  job->ingest = ingest;
  job->since_us = g_get_monotonic_time ();
  job->busy = TRUE;
  job->timer = g_timeout_add (BUSY_MS, on_busy_for_long, job);
  g_ptr_array_add (self->jobs, job);
  g_mutex_lock (&self->lock);
  self->running++;
  g_mutex_unlock (&self->lock);
  g_thread_unref (g_thread_new ("ingest-end", run, job));
}

gboolean
teardown_is_busy (Teardown *self)
{
  for (guint i = 0; i < self->jobs->len; i++)
    if (((Job *)g_ptr_array_index (self->jobs, i))->busy)
      return TRUE;
  return FALSE;
}

guint
teardown_hanging (Teardown *self)
{
  guint hanging = 0;

  for (guint i = 0; i < self->jobs->len; i++)
    hanging += ((Job *)g_ptr_array_index (self->jobs, i))->hangs;
  return hanging;
}
