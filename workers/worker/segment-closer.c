#include "segment-closer.h"
#include "segment-index.h"

#include <stdatomic.h>

/* One may be closing while another is synced. */
#define MAX_THREADS 2

typedef enum
{
  JOB_NAME,
  JOB_PLACE,
  JOB_SYNC,
  JOB_CLOSE
} JobKind;

typedef struct
{
  JobKind kind;
  Segment *segment;
  Segment *draft;      /* JOB_PLACE */
  guint64 frames;      /* JOB_SYNC: that are safe afterwards */
  SegmentIndex *index; /* NULL where the muxer writes it */
} Job;

struct _SegmentCloser
{
  GThreadPool *pool;
  SegmentDone failed;
  SegmentDone placed;
  SegmentDone closed;
  gpointer user_data;
  _Atomic gint64 sync_since_us; /* 0: none is under way */
  GHashTable *indexes;          /* by Segment, of those that are not closed; the caller's thread's */
};

static void
sync_segment (SegmentCloser *self, Segment *segment, guint64 frames, SegmentIndex *index)
{
  g_autoptr (GError) error = NULL;

  if (segment_file_sync (segment_file (segment), &error))
    segment_set_frames_safe (segment, frames);
  else
    self->failed (segment, error, self->user_data);
  if (error == NULL && index != NULL)
    segment_index_follow (index);
  atomic_store (&self->sync_since_us, 0);
}

static void
name_segment (SegmentCloser *self, Segment *segment)
{
  g_autoptr (GError) error = NULL;

  if (!segment_name (segment, &error))
    self->failed (segment, error, self->user_data);
}

static void
place_segment (SegmentCloser *self, Segment *segment, Segment *draft)
{
  g_autoptr (GError) error = NULL;

  segment_file_replace (segment_file (segment), segment_file (draft), &error);
  self->placed (segment, error, self->user_data);
}

static gboolean
finish (Segment *segment, SegmentIndex *index, GError **error)
{
  SegmentFile *file = segment_file (segment);

  return segment_name (segment, error)
         && (index == NULL || (segment_file_sync (file, error) && segment_index_finish (index, error)))
         && segment_file_finish (file, error);
}

static void
close_segment (SegmentCloser *self, Segment *segment, SegmentIndex *index)
{
  g_autoptr (GError) error = NULL;
  SegmentFile *file = segment_file (segment);

  segment_close (segment);
  if (segment_is_unwanted (segment))
    segment_file_remove (file);
  else if (!segment_is_whole (segment) || !finish (segment, index, &error))
    segment_file_abandon (file);
  self->closed (segment, error, self->user_data);
}

static void
run_job (gpointer data, gpointer user_data)
{
  g_autofree Job *job = data;
  SegmentCloser *self = user_data;

  if (job->kind == JOB_NAME)
    name_segment (self, job->segment);
  else if (job->kind == JOB_PLACE)
    place_segment (self, job->segment, job->draft);
  else if (job->kind == JOB_SYNC)
    sync_segment (self, job->segment, job->frames, job->index);
  else
    close_segment (self, job->segment, job->index);
  g_clear_pointer (&job->index, segment_index_unref);
  g_clear_pointer (&job->draft, segment_unref);
  segment_unref (job->segment);
}

SegmentCloser *
segment_closer_new (SegmentDone failed, SegmentDone placed, SegmentDone closed, gpointer user_data)
{
  SegmentCloser *self = g_new0 (SegmentCloser, 1);

  self->pool = g_thread_pool_new (run_job, self, MAX_THREADS, FALSE, NULL);
  self->failed = failed;
  self->placed = placed;
  self->closed = closed;
  self->user_data = user_data;
  self->indexes = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)segment_index_unref);
  return self;
}

void
segment_closer_free (SegmentCloser *self)
{
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_hash_table_unref (self->indexes);
  g_free (self);
}

static SegmentIndex *
index_of (SegmentCloser *self, Segment *segment)
{
  const SegmentFile *file = segment_file (segment);
  SegmentIndex *index = g_hash_table_lookup (self->indexes, segment);

  if (index == NULL && container_of_file (segment_file_path (file))->fragmented) {
    index = segment_index_new (file);
    g_hash_table_insert (self->indexes, segment, index);
  }
  return index != NULL ? segment_index_ref (index) : NULL;
}

static Job *
job_new (SegmentCloser *self, JobKind kind, Segment *segment)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  job->segment = segment_ref (segment);
  job->index = index_of (self, segment);
  return job;
}

static void
push (SegmentCloser *self, Job *job)
{
  g_thread_pool_push (self->pool, job, NULL);
}

void
segment_closer_name (SegmentCloser *self, Segment *segment)
{
  push (self, job_new (self, JOB_NAME, segment));
}

void
segment_closer_place (SegmentCloser *self, Segment *segment, Segment *draft)
{
  Job *job = job_new (self, JOB_PLACE, segment);

  job->draft = segment_ref (draft);
  push (self, job);
}

void
segment_closer_sync (SegmentCloser *self, Segment *segment, guint64 frames)
{
  gint64 none = 0;

  if (!atomic_compare_exchange_strong (&self->sync_since_us, &none, g_get_monotonic_time ()))
    return;
  Job *job = job_new (self, JOB_SYNC, segment);
  job->frames = frames;
  push (self, job);
}

gint64
segment_closer_sync_since_us (SegmentCloser *self)
{
  return atomic_load (&self->sync_since_us);
}

void
segment_closer_close (SegmentCloser *self, Segment *segment)
{
  push (self, job_new (self, JOB_CLOSE, segment));
  g_hash_table_remove (self->indexes, segment);
}
