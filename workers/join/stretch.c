#include "stretch.h"

#define DEFAULT_DURATION (40 * (gint64)GST_MSECOND)
#define ROUNDED (2 * (gint64)GST_MSECOND)

void
stretch_begin (Stretch *self)
{
  *self = (Stretch){ 0 };
}

void
stretch_count (Stretch *self, gint64 pts, gint64 duration)
{
  if (self->frames == 0)
    *self = (Stretch){ .first = pts, .last = pts, .last_duration = duration };
  self->frames++;
  self->first = MIN (self->first, pts);
  if (pts < self->last)
    return;
  self->last = pts;
  self->last_duration = duration;
}

/* The last frame lasts as long as it says, unless that is out of all proportion: then as long as the others. */
static gint64
last_duration (const Stretch *self)
{
  gint64 step = self->frames > 1 ? (self->last - self->first) / (gint64)(self->frames - 1) : 0;
  gint64 said = self->last_duration;

  if (step == 0)
    return said > 0 ? said : DEFAULT_DURATION;
  gboolean is_rounded = ABS (said - step) <= ROUNDED;
  return is_rounded || said < step / 2 || said > step * 2 ? step : said;
}

gint64
stretch_end (const Stretch *self)
{
  return self->frames > 0 ? self->last + last_duration (self) : 0;
}
