#include "file-guard.h"

/* No frame of sound is so long. */
#define DOUBTFUL_LEAP (250 * GST_MSECOND)

typedef struct
{
  GstClockTime newest;
  gboolean in_doubt; /* its time has leapt: perhaps the demuxer has left something out, which the leading track tells */
} Other;

void
file_guard_init (FileGuard *self, const char *path, const FileIdentity *identity, DamageLog *log)
{
  *self = (FileGuard){ .path = path, .identity = identity, .log = log, .leading = -1 };
  self->others = g_array_new (FALSE, TRUE, sizeof (Other));
}

void
file_guard_clear (FileGuard *self)
{
  g_clear_pointer (&self->others, g_array_unref);
}

void
file_guard_add_track (FileGuard *self, gboolean is_video)
{
  const Other other = { .newest = GST_CLOCK_TIME_NONE };

  if (self->leading < 0 && is_video) {
    self->leading = (gint)self->others->len;
    damage_watch_init (&self->watch, self->is_matroska);
  }
  g_array_append_val (self->others, other);
}

void
file_guard_begin_anew (FileGuard *self, guint track)
{
  if ((gint)track == self->leading)
    damage_watch_init (&self->watch, self->is_matroska);
  g_array_index (self->others, Other, track) = (Other){ .newest = GST_CLOCK_TIME_NONE };
}

static void
end_doubts (FileGuard *self)
{
  for (guint i = 0; i < self->others->len; i++)
    g_array_index (self->others, Other, i).in_doubt = FALSE;
}

static GuardVerdict
follow (FileGuard *self, Other *other, GstClockTime pts)
{
  gboolean has_leapt
      = GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (other->newest) && pts > other->newest + DOUBTFUL_LEAP;

  other->newest = pts;
  other->in_doubt |= has_leapt && self->leading >= 0;
  return self->watch.skipping || other->in_doubt ? GUARD_LEAVE_OUT : GUARD_KEEP;
}

/* What a file that was rewritten or replaced still has of its former self is not worth a search: the new one is
 * waiting. */
static gboolean
has_become_another (FileGuard *self)
{
  FileIdentity now;

  if (self->is_rewritten || (file_identity_read (self->path, &now) && file_identity_equal (&now, self->identity)))
    return FALSE;
  self->is_rewritten = TRUE;
  damage_log_tell (self->log, self->identity, -1, "was changed while it played; begins anew");
  return TRUE;
}

static void
tell_left_out (FileGuard *self)
{
  const DamageWatch *watch = &self->watch;

  damage_log_tell (self->log, self->identity, (gint64)watch->from,
                   "%s after %.2f s (near byte %" G_GUINT64_FORMAT "); goes on at %.2f s",
                   watch->is_damage ? "damaged" : "frames are missing", (double)watch->from / GST_SECOND,
                   watch->from_byte, (double)watch->begin / GST_SECOND);
}

GuardVerdict
file_guard_judge (FileGuard *self, guint track, GstBuffer *buffer, const GstCaps *caps, guint64 byte)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  if ((gint)track != self->leading)
    return follow (self, &g_array_index (self->others, Other, track), pts);
  end_doubts (self);
  switch (damage_watch_judge (&self->watch, frame_check (buffer, caps), pts, byte)) {
  case DAMAGE_NONE:
    return GUARD_KEEP;
  case DAMAGE_BEGINS:
    return has_become_another (self) ? GUARD_REWRITTEN : GUARD_LEAVE_OUT;
  case DAMAGE_GOES_ON:
    return GUARD_LEAVE_OUT;
  case DAMAGE_ENDS:
    tell_left_out (self);
    return GUARD_BEGIN_STRETCH;
  }
  g_return_val_if_reached (GUARD_KEEP);
}
