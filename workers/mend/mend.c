#include "mend.h"
#include "bytes.h"
#include "disk.h"
#include "mkv.h"
#include "mp4.h"
#include "place.h"

#include <sys/stat.h>
#include <unistd.h>

#define PART ".part"
#define NEW ".new"
#define EBML 0x1A45DFA3
#define FTYP 0x66747970

typedef gboolean (*Work) (int fd, MendFacts *facts, GError **error);

static gboolean
inspect_mp4 (int fd, MendFacts *facts, GError **error)
{
  g_autoptr (Mp4) mp4 = mp4_new (fd);

  return mp4_inspect (mp4, facts, error);
}

static gboolean
finish_mp4 (int fd, MendFacts *facts, GError **error)
{
  g_autoptr (Mp4) look = mp4_new (fd);
  g_autoptr (Mp4) mp4 = mp4_new (fd);
  guint64 end;

  if (!mp4_find_sound_end (look, &end, error))
    return FALSE;
  mp4_believe (mp4, end);
  return mp4_finish (mp4, facts, error);
}

/* By what it begins with. A power cut may leave zeros, or not even a beginning. */
static gboolean
work_on (int fd, Work mp4, Work mkv, MendFacts *facts, GError **error)
{
  DiskWindow window;

  disk_window_init (&window, fd);
  const guint8 *head = disk_window_at (&window, 0, 8);
  if (window.failed)
    return mend_fail (error, MEND_ERROR_IO, "cannot read it");
  if (head == NULL || bytes_get (head, 8) == 0)
    return mend_fail (error, MEND_ERROR_NO_MEDIA, "nothing was written");
  if (bytes_u32 (head) == EBML)
    return mkv (fd, facts, error);
  if (bytes_u32 (head + 4) == FTYP)
    return mp4 (fd, facts, error);
  return mend_fail (error, MEND_ERROR_UNKNOWN, "it is neither MKV nor MP4");
}

gboolean
mend_inspect (const char *root, const char *path, MendFacts *facts, GError **error)
{
  Place place;
  gboolean done
      = place_open (&place, root, path, FALSE, error) && work_on (place.fd, inspect_mp4, mkv_inspect, facts, error);

  place_close (&place);
  return done;
}

/* The time of the last frame that was written stays that of the file. */
static gboolean
finish (const Place *place, MendFacts *facts, GError **error)
{
  struct stat before;

  if (fstat (place->fd, &before) != 0)
    return mend_fail_io (error, "measure");
  if (!work_on (place->fd, finish_mp4, mkv_finish, facts, error))
    return FALSE;
  const struct timespec times[2] = { before.st_atim, before.st_mtim };
  futimens (place->fd, times);
  return fsync (place->fd) == 0 || mend_fail_io (error, "sync");
}

/* NULL: it is not the name of an unfinished recording. */
static char *
final_name (const char *name)
{
  const char *const endings[] = { PART, NEW };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (name, endings[i]))
      return g_strndup (name, strlen (name) - strlen (endings[i]));
  return NULL;
}

/* A recorder begins a file anew when its sound comes late. Until the new one takes its place the first one has every
 * frame, too. */
static gboolean
is_no_copy (const Place *place, const char *name, GError **error)
{
  g_autofree char *part = g_strconcat (name, PART, NULL);
  gboolean is_copy = g_str_has_suffix (place->name, NEW) && (place_has (place, part) || place_has (place, name));

  return !is_copy || mend_fail (error, MEND_ERROR_COPY, "the file that it was to replace has all its frames");
}

gboolean
mend_file (const char *root, const char *part, char **path, MendFacts *facts, GError **error)
{
  Place place;

  *path = NULL;
  g_autofree char *own = g_path_get_basename (part);
  g_autofree char *name = final_name (own);
  if (name == NULL)
    return mend_fail (error, MEND_ERROR_UNKNOWN, "its name is not that of an unfinished recording");
  if (place_open (&place, root, part, TRUE, error) && is_no_copy (&place, name, error) && finish (&place, facts, error))
    *path = place_rename (&place, name, error);
  place_close (&place);
  return *path != NULL;
}
