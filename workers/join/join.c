#include "join-private.h"
#include "recording-file.h"

#include <gio/gio.h>

SourceFrame *
join_frame_keep (const SourceFrame *frame)
{
  SourceFrame *copy = g_memdup2 (frame, sizeof *frame);

  gst_buffer_ref (copy->buffer);
  gst_caps_ref (copy->caps);
  return copy;
}

void
join_frame_release (SourceFrame *frame)
{
  gst_buffer_unref (frame->buffer);
  gst_caps_unref (frame->caps);
  g_free (frame);
}

gint64
join_wall_ms (const Join *self, gint64 pts)
{
  return self->file->started_ms + pts / (gint64)GST_MSECOND;
}

void
join_note (Join *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->told->note (text, self->told->user_data);
}

static void
take_format (Join *self, Media media, const TrackFormat *format)
{
  g_clear_pointer (&self->formats[media], track_format_free);
  if (format == NULL)
    return;
  if (container_takes (self->container, format->encoding)) {
    self->formats[media] = track_format_copy (format);
    return;
  }
  if (media == MEDIA_VIDEO)
    g_set_error (&self->error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                 "an MP4 file cannot hold %s video: name a file that ends in .mkv", format->encoding);
  else if (!self->told_of_sound)
    join_note (self, "An MP4 file cannot hold %s sound: the clip has none. A file that ends in .mkv can.",
               format->encoding);
  self->told_of_sound = TRUE;
}

static void
on_opened (TrackFormat *const *formats, guint others, gpointer user_data)
{
  Join *self = user_data;

  if (others > 0 && !self->told_of_tracks)
    join_note (self, "%s has more than one picture and one sound: the first of each is taken.", self->file->path);
  self->told_of_tracks = self->told_of_tracks || others > 0;
  for (guint i = 0; i < CLIP_TRACKS && self->error == NULL; i++)
    take_format (self, (Media)i, formats[i]);
  self->leader = formats[MEDIA_VIDEO] != NULL ? MEDIA_VIDEO : MEDIA_AUDIO;
}

/* Another format in the middle of a file. */
static void
heed_new_caps (Join *self, const SourceFrame *frame)
{
  if (frame->media != MEDIA_VIDEO || frame->caps == self->video_caps)
    return;
  g_autoptr (TrackFormat) format = track_format_new (frame->caps);
  gst_caps_replace (&self->video_caps, frame->caps);
  if (format == NULL || track_format_fits (self->formats[MEDIA_VIDEO], format))
    return;
  join_end_stretch (self);
  take_format (self, MEDIA_VIDEO, format);
  self->from = G_MININT64;
}

static gboolean
on_frame (const SourceFrame *frame, gpointer user_data)
{
  Join *self = user_data;

  if (self->error != NULL || !clips_are_well (&self->clips))
    return FALSE;
  if (self->formats[frame->media] == NULL)
    return TRUE;
  heed_new_caps (self, frame);
  if (frame->media == self->leader)
    stretch_count (&self->read, frame->pts, 0);
  return self->placed ? join_write_frame (self, frame) : join_hold (self, frame);
}

static gint64
file_time (const RequestFile *file, gint64 ms)
{
  return CLAMP (ms - file->started_ms, -G_MAXINT32, G_MAXINT32 * (gint64)1000) * (gint64)GST_MSECOND;
}

static void
begin_file (Join *self, const RequestFile *file)
{
  self->file = file;
  self->from = self->wall_end_ms == G_MININT64 ? file_time (file, self->request->from_ms) : G_MININT64;
  self->to = file_time (file, self->request->to_ms);
  self->no_more_pictures = FALSE;
  self->no_more_sound = FALSE;
  self->stretch = self->read = (Stretch){ 0 };
  gst_clear_caps (&self->video_caps);
}

static void
tell_of_damage (Join *self, SourceEnd end)
{
  const RequestFile *file = self->file;
  gint64 read_ms = stretch_end (&self->read) / (gint64)GST_MSECOND;

  if (end == SOURCE_DAMAGED)
    join_note (self, "%s is damaged or cut off after %.1f s: it is left out from there.", file->path,
               (double)read_ms / 1000);
  else if (end == SOURCE_ENDED && self->read.frames > 0 && file->ended_ms - file->started_ms < G_MAXINT32
           && read_ms + GAP_MS < file->ended_ms - file->started_ms)
    join_note (self, "%s ends after %.1f s, earlier than it should.", file->path, (double)read_ms / 1000);
}

static void
read_file (Join *self, int fd, gboolean is_part)
{
  static const SourceFuncs funcs = { .opened = on_opened, .frame = on_frame };
  SourceEnd end = source_file_read (fd, &funcs, self);

  join_end_stretch (self);
  if (!is_part)
    tell_of_damage (self, end);
}

static void
join_file (Join *self, const RequestFile *file, gboolean is_last)
{
  g_autoptr (GError) error = NULL;
  Place place;

  begin_file (self, file);
  if (recording_file_open (file, is_last, &place, &error)) {
    gboolean is_part = recording_file_is_part (&place);

    if (is_part && !is_last)
      join_note (self, "%s is not finished: what is missing of it is left out.", file->path);
    read_file (self, place.fd, is_part);
  } else {
    join_note (self, "%s is left out: %s.", file->path, error->message);
  }
  place_close (&place);
}

/* How many of the files begin before the last moment. */
static guint
count_needed (const Request *request)
{
  guint n = 0;

  while (n < request->files->len && ((RequestFile *)g_ptr_array_index (request->files, n))->started_ms < request->to_ms)
    n++;
  return n;
}

static gboolean
finish (Join *self)
{
  if (self->error == NULL && self->clips.writer != NULL)
    clips_finish (&self->clips, self->wall_end_ms, &self->error);
  if (self->error == NULL && self->clips.done->len == 0)
    g_set_error_literal (&self->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                         "the files hold no frames of that time that could be read");
  return self->error == NULL;
}

gboolean
join_run (const Request *request, const JoinTold *told, Joined *joined, GError **error)
{
  Join self = {
    .request = request,
    .told = told,
    .container = container_find (request->is_mp4 ? "mp4" : "mkv"),
    .gaps = g_array_new (FALSE, FALSE, sizeof (Gap)),
    .wall_end_ms = G_MININT64,
  };
  guint needed = count_needed (request);

  clips_init (&self.clips, request);
  for (guint i = 0; i < needed && self.error == NULL && clips_are_well (&self.clips); i++)
    join_file (&self, g_ptr_array_index (request->files, i), i + 1 == needed);
  gboolean done = finish (&self);
  for (guint i = 0; i < CLIP_TRACKS; i++)
    g_clear_pointer (&self.formats[i], track_format_free);
  gst_clear_caps (&self.video_caps);
  *joined = (Joined){ .clips = g_array_ref (self.clips.done), .gaps = self.gaps };
  clips_clear (&self.clips);
  if (!done)
    g_propagate_error (error, self.error);
  return done;
}

void
joined_clear (Joined *self)
{
  g_array_unref (self->clips);
  g_array_unref (self->gaps);
}
