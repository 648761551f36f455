#include "segment-index.h"
#include "mp4.h"

#include <fcntl.h>
#include <unistd.h>

struct _SegmentIndex
{
  const SegmentFile *file;
  GMutex lock; /* for the rest */
  int fd;
  Mp4 *mp4; /* NULL until the file is open */
};

SegmentIndex *
segment_index_new (const SegmentFile *file)
{
  SegmentIndex *self = g_atomic_rc_box_new0 (SegmentIndex);

  self->file = file;
  self->fd = -1;
  g_mutex_init (&self->lock);
  return self;
}

SegmentIndex *
segment_index_ref (SegmentIndex *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  SegmentIndex *self = data;

  g_clear_pointer (&self->mp4, mp4_free);
  if (self->fd >= 0)
    close (self->fd);
  g_mutex_clear (&self->lock);
}

void
segment_index_unref (SegmentIndex *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static gboolean
open_file (SegmentIndex *self, GError **error)
{
  if (self->mp4 != NULL)
    return TRUE;
  self->fd = open (segment_file_part (self->file), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (self->fd < 0)
    return mend_fail_io (error, "open");
  self->mp4 = mp4_new (self->fd);
  return TRUE;
}

void
segment_index_follow (SegmentIndex *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (open_file (self, NULL))
    mp4_follow (self->mp4, NULL);
}

static gboolean
translate (SegmentIndex *self, const GError *failure, GError **error)
{
  gboolean full = g_error_matches (failure, MEND_ERROR, MEND_ERROR_FULL);
  GstResourceError code = full ? GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE;

  g_set_error (error, GST_RESOURCE_ERROR, code, "cannot finish %s: %s", segment_file_part (self->file),
               failure->message);
  return FALSE;
}

gboolean
segment_index_finish (SegmentIndex *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GError) failure = NULL;
  MendFacts facts;

  if (open_file (self, &failure) && mp4_finish (self->mp4, &facts, &failure))
    return TRUE;
  return translate (self, failure, error);
}
