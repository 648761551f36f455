#include "container.h"
#include "fragment-muxer.h"
#include "launch.h"

/* matroskamux waits until each track has data. GAP events would be the usual way to tell it of silence, but in 1.22 it
 * listens to them on subtitles only. EOS works, and it is one of the few that can take it back. */
static const Container containers[] = {
  {
      .name = "mkv",
      .launch = "record-mkv",
      .encodings = { "h264", "h265", "jpeg", "aac", "opus", "pcma", "pcmu" },
      .waits = TRUE,
  },
  {
      .name = "mp4",
      .launch = "record-mp4",
      .encodings = { "h264", "h265", "aac", "opus" },
      .fragmented = TRUE,
  },
};

const Container *
container_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (containers); i++)
    if (g_str_equal (containers[i].name, name))
      return &containers[i];
  return NULL;
}

const Container *
container_of_file (const char *path)
{
  const char *extension = strrchr (path, '.');

  return extension != NULL ? container_find (extension + 1) : NULL;
}

gboolean
container_takes (const Container *self, const char *encoding)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->encodings) && self->encodings[i] != NULL; i++)
    if (g_str_equal (self->encodings[i], encoding))
      return TRUE;
  return FALSE;
}

const Container *
container_for_video (const Container *wanted, const char *video)
{
  return container_takes (wanted, video) ? wanted : container_find ("mkv");
}

GstElement *
container_make (const Container *self, const char *pipelines, GError **error)
{
  fragment_muxer_register ();
  return launch_load (pipelines, self->launch, error);
}

void
container_load (const Container *self, const char *pipelines)
{
  /* What is wrong with it is told when a file is to be opened. */
  g_autoptr (GstElement) bin = container_make (self, pipelines, NULL);

  if (bin != NULL)
    gst_object_ref_sink (bin);
}
