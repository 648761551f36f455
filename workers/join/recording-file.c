#include "recording-file.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <string.h>

#define PART ".part"
/* When the next file is begun, the one before is finished within a second, unless the disk is slow. */
#define PATIENCE_US (5 * G_USEC_PER_SEC)
#define LOOK_US (20 * 1000)

static char *
other_name (const char *path)
{
  if (g_str_has_suffix (path, PART))
    return g_strndup (path, strlen (path) - strlen (PART));
  return g_strconcat (path, PART, NULL);
}

gboolean
recording_file_is_part (const Place *place)
{
  struct stat status;

  return g_str_has_suffix (place->name, PART)
         && fstatat (place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Of one that was left behind by a crash the end is known. */
static void
await_end (const RequestFile *file, const Place *place)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE_US;

  while (file->ended_ms == G_MAXINT64 && recording_file_is_part (place) && g_get_monotonic_time () < deadline)
    g_usleep (LOOK_US);
}

gboolean
recording_file_open (const RequestFile *file, gboolean is_last, Place *place, GError **error)
{
  g_autofree char *other = other_name (file->path);

  if (!place_open (place, file->root, file->path, FALSE, error)) {
    place_close (place);
    if (!place_open (place, file->root, other, FALSE, NULL))
      return FALSE;
    g_clear_error (error);
  }
  if (!is_last)
    await_end (file, place);
  return TRUE;
}
