#include "clips.h"

#include <string.h>

static void
clip_clear (gpointer data)
{
  g_clear_pointer (&((Clip *)data)->path, g_free);
}

void
clips_init (Clips *self, const Request *request)
{
  *self = (Clips){ .request = request, .done = g_array_new (FALSE, FALSE, sizeof (Clip)) };
  g_array_set_clear_func (self->done, clip_clear);
}

static void
close_present (Clips *self)
{
  if (self->writer != NULL)
    self->writer->funcs->free (self->writer);
  self->writer = NULL;
  g_clear_pointer (&self->file, out_file_free);
}

void
clips_clear (Clips *self)
{
  close_present (self);
  clip_clear (&self->present);
  g_clear_pointer (&self->done, g_array_unref);
}

gboolean
clips_fit (const Clips *self, TrackFormat *const *formats)
{
  if (self->writer == NULL)
    return FALSE;
  TrackFormat *const *present = self->writer->formats;
  if ((present[MEDIA_VIDEO] == NULL) != (formats[MEDIA_VIDEO] == NULL))
    return FALSE;
  for (guint i = 0; i < CLIP_TRACKS; i++)
    if (present[i] != NULL && formats[i] != NULL && !track_format_fits (present[i], formats[i]))
      return FALSE;
  return TRUE;
}

/* out.mp4, out-2.mp4 … */
static char *
numbered (const char *path, guint number)
{
  const char *extension = path + strlen (path) - strlen (".mp4");

  if (number == 1)
    return g_strdup (path);
  return g_strdup_printf ("%.*s-%u%s", (int)(extension - path), path, number, extension);
}

gboolean
clips_begin (Clips *self, gint64 from_ms, GError **error)
{
  const Request *request = self->request;
  g_autofree char *path = numbered (request->output, self->done->len + 1);

  self->file = out_file_create (path, request->force, request->mode, error);
  if (self->file == NULL)
    return FALSE;
  self->writer = request->is_mp4 ? mp4_writer_new (self->file) : mkv_writer_new (self->file, from_ms);
  self->present = (Clip){ .path = g_steal_pointer (&path), .from_ms = from_ms };
  return TRUE;
}

void
clips_write (Clips *self, const TrackFormat *format, const ClipFrame *frame, gint64 end)
{
  ClipWriter *writer = self->writer;

  if (writer->formats[frame->media] == NULL)
    writer->formats[frame->media] = track_format_copy (format);
  writer->funcs->write (writer, frame);
  writer->ends[frame->media] = MAX (writer->ends[frame->media], end);
  if (frame->media == MEDIA_VIDEO || writer->formats[MEDIA_VIDEO] == NULL)
    self->present.frames++;
}

gboolean
clips_are_well (const Clips *self)
{
  return self->file == NULL || !out_file_has_failed (self->file);
}

gboolean
clips_finish (Clips *self, gint64 to_ms, GError **error)
{
  ClipWriter *writer = self->writer;

  self->present.to_ms = to_ms;
  self->present.duration_ms = MAX (writer->ends[MEDIA_VIDEO], writer->ends[MEDIA_AUDIO]) / (gint64)GST_MSECOND;
  writer->funcs->finish (writer);
  gboolean finished = out_file_finish (self->file, error);
  close_present (self);
  if (!finished)
    return FALSE;
  g_array_append_val (self->done, self->present);
  self->present = (Clip){ 0 };
  return TRUE;
}
