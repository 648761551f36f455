#include "container.h"
#include "launch.h"

/* GAP events would be the usual way to tell a muxer of silence. In 1.22 matroskamux listens to them on subtitles only,
 * and mp4mux orders tracks by the frame it holds back of each, so that it eats the gaps of a silent track forever. EOS
 * works with both, but only matroskamux can take it back.
 *
 * mp4mux writes fragments only, without an index at the end: its mode first-moov-then-finalise loses 4 KiB of memory a
 * fragment with two tracks, and writes fragments without the size of some samples, which readers refuse. */
static const Container containers[] = {
  {
      .name = "mkv",
      .launch = "record-mkv",
      .encodings = { "h264", "h265", "jpeg", "aac", "opus", "pcma", "pcmu" },
  },
  {
      .name = "mp4",
      .launch = "record-mp4",
      .encodings = { "h264", "h265", "aac", "opus" },
      .patience = 1 * GST_SECOND,
      .aligns_starts = TRUE,
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

void
container_load (const Container *self, const char *pipelines)
{
  /* What is wrong with it is told when a file is to be opened. */
  g_autoptr (GstElement) bin = launch_load (pipelines, self->launch, NULL);

  if (bin != NULL)
    gst_object_ref_sink (bin);
}
